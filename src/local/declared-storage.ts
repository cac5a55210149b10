import type { Storage } from '../api/modelversion.ts';
import { storageIdentity } from '../storage/kinds.ts';
import { storageName } from './storage-name.ts';

/**
 * Names a declared storage that is read on this machine.
 * @param directory where it is read
 */
export async function declaredStorageName(
  storage: Storage,
  directory: string,
  namespace: string,
): Promise<string | undefined> {
  // What lies on this machine is the same whether it was declared or named in a call.
  return storage.localStorage === undefined ? storageIdentity(storage, namespace) : storageName(directory);
}
