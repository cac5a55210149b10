import type { ModelVersionObject } from '../api/resources.ts';
import type { ClusterOutcome } from '../cluster/outcome.ts';
import type { Requested, RequestName } from '../cluster/request.ts';
import { buildDisplay } from './build-display.ts';
import type { Session } from './cluster-options.ts';

const NEEDLESS: Readonly<Record<Extract<Requested, { needless: unknown }>['needless'], string>> = {
  ready: 'is Ready already, nothing to do',
  ended: 'has ended already, nothing to give up',
  running: 'has not failed, nothing to try again',
  resumes: 'goes on by itself once what keeps it back has changed, nothing to try again',
};

/** Nothing more comes of it. */
const ENDED: ReadonlySet<string> = new Set<keyof typeof NEEDLESS>(['ready', 'ended']);

/**
 * Asks for something once, says what follows, and stays for it where that is wanted.
 * @returns what became of the version, where it was waited for
 */
export async function askFor(
  request: RequestName,
  name: string,
  { follows, wait }: { readonly follows: string; readonly wait: boolean },
  session: Session,
): Promise<ClusterOutcome | undefined> {
  const { request: ask, isHandled } = await import('../cluster/request.ts');
  const { remote, signal } = session;
  const { namespace } = remote;
  const label = `modelversion/${name}`;
  const asked = await ask(remote, { namespace, name }, request, signal);
  if ('needless' in asked) {
    process.stdout.write(`${label} ${NEEDLESS[asked.needless]}\n`);
    if (!wait || ENDED.has(asked.needless)) return undefined;
  } else if (!wait) {
    process.stdout.write(`${label} ${follows}\n`);
    return undefined;
  }
  const { awaitBuilds } = await import('../cluster/await-build.ts');
  const display = await buildDisplay('auto', false);
  const identity = { kind: 'ModelVersion', namespace, name, result: 'unfinished' } as const;
  const counts = (version: ModelVersionObject): boolean =>
    'needless' in asked || isHandled(version, request, asked.token);
  return (await awaitBuilds([identity], { ...session, display }, counts))[0];
}
