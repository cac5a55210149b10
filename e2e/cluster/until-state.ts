import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Cluster } from './cluster.ts';
import { seconds } from './say.ts';
import type { UntilOptions } from './until.ts';

export interface Watched {
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
}

/**
 * Follows an object until it is in some state, and gives it in that state: no state is missed, however short it lasts.
 * @throws Error that says what was waited for, for how long, and what kubectl said last
 */
export async function untilState<T>(
  cluster: Cluster,
  { what, timeoutMs }: UntilOptions,
  watched: Watched,
  isThere: (object: T) => boolean,
): Promise<T> {
  const limit = AbortSignal.timeout(timeoutMs);
  let said = '';
  while (!limit.aborted) {
    const watch = watchObject(cluster, watched, limit);
    for await (const object of watch.states) if (isThere(object as T)) return object as T;
    // A watch ends when its connection does; an object that is not there yet ends it at once.
    said = watch.said();
  }
  throw new Error(`${what}: not within ${seconds(timeoutMs)}`, { cause: said });
}

/** What an object is now, and then each change. */
function watchObject(cluster: Cluster, { resource, name, namespace }: Watched, signal: AbortSignal) {
  const [program, ...always] = cluster.kubectl;
  const what = ['get', resource, name, '--namespace', namespace, '--watch', '-o', 'json'];
  const env = { ...process.env, KUBERC: 'off' };
  const child = spawn(program, [...always, '--kubeconfig', cluster.kubeconfig, ...what], { env });
  const end = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close');
  async function* states(): AsyncGenerator {
    try {
      yield* documentsOf(child.stdout.setEncoding('utf8'));
    } finally {
      signal.removeEventListener('abort', end);
      end();
      await closed;
    }
  }
  return { states: states(), said: () => stderr.trim() };
}

/** kubectl prints one indented document after the other. */
async function* documentsOf(stdout: AsyncIterable<string>): AsyncGenerator {
  let text = '';
  for await (const chunk of stdout) {
    const documents = (text + chunk).split(/^\}\n/m);
    text = documents.pop() ?? '';
    for (const document of documents) yield JSON.parse(`${document}}`);
  }
}
