import { isDeepStrictEqual } from 'node:util';
import { FILES_GATE } from '../api/labels.ts';
import { MODELS, MODEL_VERSIONS, type ModelObject, type ModelVersionObject } from '../api/resources.ts';
import { StowageError, type ErrorCode } from '../errors.ts';
import type { ApiClient } from '../kube/api-client.ts';
import { CONFIG_MAPS, PERSISTENT_VOLUMES, PERSISTENT_VOLUME_CLAIMS, PODS, type Pod } from '../kube/core.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../kube/kube-error.ts';
import type { Draft, KubeObject } from '../kube/object.ts';
import type { Resource } from '../kube/resource.ts';
import type { Action } from './observed.ts';
import { versionUidOf } from './owned-objects.ts';

/** What a write needs of the API. */
export type Writer = Pick<ApiClient, 'get' | 'create' | 'mergePatch' | 'update' | 'delete'>;

/** What has become of the version and its Model by a write. */
export interface Acted {
  readonly version?: ModelVersionObject;
  readonly model?: ModelObject;
}

/**
 * Does one write. Each may have been done before, by a process that has ended since or whose word has not reached our
 * caches: then it counts as done.
 * @throws KubeError; VolumeLost, ClaimInUse or PodLost where somebody else's object has the name
 */
export async function act(api: Writer, action: Action, version: ModelVersionObject): Promise<Acted> {
  switch (action.do) {
    case 'createModel':
      return { model: await createOrGet(api, MODELS, action.draft) };
    case 'patchVersion':
      return { version: await api.mergePatch(MODEL_VERSIONS, version.metadata, action.patch) };
    case 'createVolume':
      await createOurs(api, PERSISTENT_VOLUMES, action.draft, { version, taken: 'VolumeLost' });
      return {};
    case 'createClaim':
      await createOurs(api, PERSISTENT_VOLUME_CLAIMS, action.draft, { version, taken: 'ClaimInUse' });
      return {};
    case 'createPod':
      await createOurs(api, PODS, action.draft, { version, taken: 'PodLost' });
      return {};
    case 'createFiles':
      await createFiles(api, action);
      return {};
    case 'openGate':
      await openGate(api, action.pod);
      return {};
    case 'deletePod':
      await remove(api, PODS, action.object, action.force ? { gracePeriodSeconds: 0 } : {});
      return {};
    case 'deleteClaim':
      await remove(api, PERSISTENT_VOLUME_CLAIMS, action.object);
      return {};
    case 'deleteVolume':
      await remove(api, PERSISTENT_VOLUMES, action.object);
      return {};
  }
}

async function createOrGet<T extends KubeObject>(
  api: Writer,
  resource: Resource<T>,
  draft: Draft<T>,
): Promise<T> {
  try {
    return await api.create(resource, draft);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return api.get(resource, draft.metadata);
  }
}

async function createOurs<T extends KubeObject>(
  api: Writer,
  resource: Resource<T>,
  draft: Draft<T>,
  { version: { metadata }, taken }: { readonly version: ModelVersionObject; readonly taken: ErrorCode },
): Promise<void> {
  const made = await createOrGet(api, resource, draft);
  if (versionUidOf(made) !== metadata.uid) throw notOurs(taken, resource, draft.metadata);
}

function notOurs(code: ErrorCode, { kind }: Resource, { name }: { readonly name: string }): StowageError {
  return new StowageError(code, `there is a ${kind} ${name} that Stowage has not made`, {
    hint: 'Delete it; the next attempt takes another name in any case.',
    retryable: true,
  });
}

/** The image is made by what stands in them: somebody else's files would make another image. */
async function createFiles(
  api: Writer,
  { draft, pod }: Extract<Action, { readonly do: 'createFiles' }>,
): Promise<void> {
  const made = await createOrGet(api, CONFIG_MAPS, draft);
  const isOurs = made.metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid) === true;
  const { data, binaryData } = draft;
  const isSame =
    isDeepStrictEqual({ ...made.data }, data) && isDeepStrictEqual({ ...made.binaryData }, binaryData);
  if (isOurs && isSame && made.immutable === true) return;
  if (!isOurs) throw notOurs('PodLost', CONFIG_MAPS, draft.metadata);
  throw new StowageError('PodLost', `the ConfigMap ${draft.metadata.name} was made for other settings`, {
    hint: 'The next attempt makes one for those of now.',
    retryable: true,
  });
}

async function openGate(api: Writer, { metadata, spec }: Pod): Promise<void> {
  const schedulingGates = spec.schedulingGates?.filter(({ name }) => name !== FILES_GATE) ?? [];
  const { resourceVersion } = metadata;
  await api.mergePatch(PODS, metadata, { metadata: { resourceVersion }, spec: { schedulingGates } });
}

async function remove(
  api: Writer,
  resource: Resource,
  { metadata }: KubeObject,
  options: { readonly gracePeriodSeconds?: number } = {},
): Promise<void> {
  try {
    await api.delete(resource, metadata, { uid: metadata.uid, ...options });
  } catch (error) {
    // It has gone, or another has its name by now.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
