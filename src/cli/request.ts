import type { ClusterOutcome } from '../cluster/outcome.ts';
import type { Requested, RequestName } from '../cluster/request.ts';
import { buildDisplay } from './build-display.ts';
import type { Session } from './cluster-options.ts';

const NEEDLESS: Readonly<Record<Extract<Requested, { needless: unknown }>['needless'], string>> = {
  ready: 'is Ready already, nothing to do',
  ended: 'has ended already, nothing to give up',
  running: 'has not failed, nothing to try again',
};

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
    return undefined;
  }
  const { token } = asked;
  if (!wait) {
    process.stdout.write(`${label} ${follows}\n`);
    return undefined;
  }
  const { awaitBuild } = await import('../cluster/await-build.ts');
  const display = await buildDisplay('auto');
  const identity = { kind: 'ModelVersion', namespace, name, result: 'unfinished' } as const;
  return awaitBuild(identity, { ...session, display }, (version) => isHandled(version, request, token));
}
