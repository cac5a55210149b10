import type { BuildDisplay } from '../cluster/build-display.ts';
import type { Progress } from '../telemetry/progress.ts';
import { visible } from '../telemetry/text.ts';
import type { BuildOptions } from './target-options.ts';

/** Shows on stderr how builds in a cluster go: a line for each change, and the progress of the one that is watched. */
export async function buildDisplay(how: BuildOptions['progress']): Promise<BuildDisplay> {
  const [{ progressFor }, { verdict }] = await Promise.all([
    import('../telemetry/progress-for.ts'),
    import('../cluster/verdict.ts'),
  ]);
  const say = (event: Readonly<Record<string, unknown>>, text: string): void => {
    if (how === 'json') process.stderr.write(`${JSON.stringify(event)}\n`);
    else if (how !== 'off') process.stderr.write(`${visible(text)}\n`);
  };
  return {
    course: (name, course) =>
      say(
        { event: 'course', modelVersion: name, ...course },
        `modelversion/${name}: ${verdict(course, new Date())}`,
      ),
    progress: (): Progress => progressFor(how, process.stderr),
    trouble: ({ message }) => say({ event: 'warning', message }, `warning: ${message}`),
  };
}
