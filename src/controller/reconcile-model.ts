import { isDeepStrictEqual } from 'node:util';
import { MODELS, type ModelObject, type ModelVersionObject } from '../api/resources.ts';
import { isReady } from '../builders/status.ts';
import type { ApiClient } from '../kube/api-client.ts';
import { isConflict, isNotFound } from '../kube/kube-error.ts';

type Status = NonNullable<ModelObject['status']>;

/**
 * A Model's status, from its versions alone: the Ready one that finished last is the latest, in whatever order they
 * finish or go. Of two that finished in one second the later made counts, then the greater name.
 */
export function modelStatus(versions: readonly ModelVersionObject[]): Status {
  const present = versions.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const latest = latestReady(present);
  return {
    ...(latest === undefined ? {} : { latestVersion: latestOf(latest) }),
    versions: present.length,
  };
}

/** The version that has an image and finished last. */
export function latestReady(versions: readonly ModelVersionObject[]): ModelVersionObject | undefined {
  return versions
    .filter(hasImage)
    .reduce<ModelVersionObject | undefined>((a, b) => (a === undefined || isLater(b, a) ? b : a), undefined);
}

/** KubeDL's are ready when they say that their build succeeded; they have no conditions. */
function hasImage({ status }: ModelVersionObject): boolean {
  const built = isReady(status) || (status?.imageBuildPhase === 'ImageBuildSucceeded' && !status.conditions);
  return built && status?.image !== undefined;
}

function isLater(a: ModelVersionObject, b: ModelVersionObject): boolean {
  const [one, other] = [orderOf(a), orderOf(b)];
  const differs = one.findIndex((part, index) => part !== other[index]);
  return differs !== -1 && (one[differs] ?? '') > (other[differs] ?? '');
}

/** Times as Kubernetes writes them are in order as texts. */
function orderOf({ metadata, status }: ModelVersionObject): readonly string[] {
  return [status?.finishTime ?? '', metadata.creationTimestamp ?? '', metadata.name];
}

function latestOf({ metadata, status }: ModelVersionObject): NonNullable<Status['latestVersion']> {
  const { image = '', digest, record } = status ?? {};
  return {
    modelVersion: metadata.name,
    imageName: image,
    ...(digest === undefined ? {} : { digest }),
    ...(record === undefined ? {} : { record }),
  };
}

/** Writes the status where it is another. */
export async function reconcileModel(
  api: Pick<ApiClient, 'update'>,
  model: ModelObject,
  versions: readonly ModelVersionObject[],
): Promise<void> {
  const status = modelStatus(versions);
  if (model.metadata.deletionTimestamp !== undefined || isDeepStrictEqual(model.status, status)) return;
  try {
    await api.update(MODELS, { ...model, status }, { subresource: 'status' });
  } catch (error) {
    // What has changed meanwhile comes to our caches, and us back here.
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
