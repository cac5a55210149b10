import { VERSION_ANNOTATION } from '../api/labels.ts';
import { MODEL_VERSIONS, type ModelVersionObject } from '../api/resources.ts';
import { asStowageError } from '../errors.ts';
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
 * @throws the first failure, after all were tried
 */
export async function sweepVolumes(
  api: Pick<ApiClient, 'get' | 'delete'>,
  volumes: ObjectCache<PersistentVolume>,
): Promise<number> {
  let swept = 0;
  let trouble: unknown;
  for (const volume of [...volumes.values()]) {
    try {
      if (await sweepOne(api, volume)) swept += 1;
    } catch (error) {
      trouble ??= error; // One that cannot be deleted holds up no other.
    }
  }
  if (trouble !== undefined) throw asStowageError(trouble);
  return swept;
}

async function sweepOne(api: Pick<ApiClient, 'get' | 'delete'>, volume: PersistentVolume): Promise<boolean> {
  if (volume.metadata.deletionTimestamp !== undefined || (await hasVersion(api, volume))) return false;
  const { name, uid } = volume.metadata;
  try {
    await api.delete(PERSISTENT_VOLUMES, { name }, { uid });
    return true;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return false;
    throw error;
  }
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
