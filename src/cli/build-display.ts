import type { BuildDisplay } from '../cluster/build-display.ts';
import { visible } from '../telemetry/text.ts';
import type { BuildOptions } from './target-options.ts';

/** As often as the progress of a build on this machine is said in a log. */
const REPORT_MS = 10_000;

/**
 * Shows on stderr how builds in a cluster go: a line for each change, and the progress of the one that is watched, or a
 * line for each of several, redrawn in place on a terminal.
 */
export async function buildDisplay(how: BuildOptions['progress'], several: boolean): Promise<BuildDisplay> {
  const [{ progressFor, settledMode }, { verdict }] = await Promise.all([
    import('../telemetry/progress-for.ts'),
    import('../cluster/verdict.ts'),
  ]);
  if (several && settledMode(how, process.stderr) === 'bars') {
    const { buildBoard } = await import('./build-board.ts');
    return buildBoard(process.stderr);
  }
  const said = new Map<string, number>();
  const say = (event: Readonly<Record<string, unknown>>, text: string): void => {
    if (how === 'json') process.stderr.write(`${JSON.stringify(event)}\n`);
    else if (how !== 'off') process.stderr.write(`${visible(text)}\n`);
  };
  const course: BuildDisplay['course'] = (name, at) => {
    // Of a single one the error follows, which says it all.
    if (at.state === 'failed' && !several && how !== 'json') return;
    said.set(name, performance.now());
    say({ event: 'course', modelVersion: name, ...at }, `modelversion/${name}: ${verdict(at, new Date())}`);
  };
  return {
    course,
    moved(name, at) {
      const isDue = performance.now() - (said.get(name) ?? 0) >= REPORT_MS;
      if (several && (isDue || how === 'json')) course(name, at);
    },
    progress: several ? undefined : () => progressFor(how, process.stderr),
    trouble: ({ message }) => say({ event: 'warning', message }, `warning: ${message}`),
    close: () => undefined,
  };
}
