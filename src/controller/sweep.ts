import { VERSION_ANNOTATION } from '../api/labels.ts';
import { MODEL_VERSIONS, type ModelVersionObject } from '../api/resources.ts';
import type { ApiClient } from '../kube/api-client.ts';
import type { ObjectCache } from '../kube/cache.ts';
import { PERSISTENT_VOLUMES, type PersistentVolume } from '../kube/core.ts';
import { isConflict, isNotFound } from '../kube/kube-error.ts';
import { parseKey } from '../kube/object.ts';
import { versionUidOf } from './owned-objects.ts';

/**
 * Deletes volumes whose version is no more. A volume is cluster-scoped and cannot have a namespaced owner, so no garbage
 * collector sees to it where the finalizer of its version was taken away by force.
 * @returns how many
 */
export async function sweepVolumes(
  api: Pick<ApiClient, 'get' | 'delete'>,
  volumes: ObjectCache<PersistentVolume>,
): Promise<number> {
  let swept = 0;
  for (const volume of [...volumes.values()]) {
    if (volume.metadata.deletionTimestamp !== undefined || (await hasVersion(api, volume))) continue;
    const { name, uid } = volume.metadata;
    try {
      await api.delete(PERSISTENT_VOLUMES, { name }, { uid });
      swept += 1;
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
  return swept;
}

/** Asked of the server: our own copy may not have it yet. */
async function hasVersion(api: Pick<ApiClient, 'get'>, volume: PersistentVolume): Promise<boolean> {
  const key = parseKey(volume.metadata.annotations?.[VERSION_ANNOTATION] ?? '');
  // Without a word of ours on whose it is, it is not ours to judge.
  if (key.namespace === undefined || key.name === '') return true;
  try {
    const version: ModelVersionObject = await api.get(MODEL_VERSIONS, key);
    return version.metadata.uid === versionUidOf(volume);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
