import { retractLatest } from './models.ts';
import type { State } from './state.ts';

/**
 * Forgets a Model. Its versions stay.
 * @returns whether there was one
 * @throws StateBusy, StateUnusable
 */
export async function forgetModel({ models }: State, namespace: string, name: string): Promise<boolean> {
  // Looked for before it is locked: the lock would make a directory for what is not there.
  if ((await models.read(namespace, name)) === undefined) return false;
  await models.locked(namespace, name, () => models.remove(namespace, name), 0);
  return true;
}

/**
 * Forgets a ModelVersion, and its Model does not name it as the latest any more.
 * @returns whether there was one
 * @throws StateBusy where it is being built, StateUnusable
 */
export async function forgetVersion(state: State, namespace: string, name: string): Promise<boolean> {
  const { modelVersions } = state;
  const version = await modelVersions.read(namespace, name);
  if (version === undefined) return false;
  const forget = async (): Promise<void> => {
    // In this order: stopped in between, the same call again completes it.
    await retractLatest(state, version);
    await modelVersions.remove(namespace, name);
  };
  await modelVersions.locked(namespace, name, forget, 0);
  return true;
}
