import { LABELS } from '../api/labels.ts';
import { eventTrouble } from '../builders/pod-trouble.ts';
import type { StowageError } from '../errors.ts';
import type { ApiClient } from '../kube/api-client.ts';
import {
  CORE_EVENTS,
  NODES,
  PERSISTENT_VOLUMES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  type Node,
  type Pod,
} from '../kube/core.ts';
import type { KubeObject } from '../kube/object.ts';
import { unlessNotFound } from '../kube/reads.ts';
import type { Resource } from '../kube/resource.ts';
import type { Saying } from '../storage/saying.ts';
import { MODELS, type ModelObject, type ModelVersionObject } from '../api/resources.ts';
import type { Owned } from './observed.ts';
import { versionUidOf } from './owned-objects.ts';
import { RecentLooks } from './recent-looks.ts';

/** What a look needs of the API. */
export type Reader = Pick<ApiClient, 'get' | 'list' | 'logs'>;

/** What there is of a version, asked of the server. */
export async function lookLive(api: Reader, { metadata }: ModelVersionObject): Promise<Owned> {
  const labelSelector = `${LABELS.versionUid}=${metadata.uid}`;
  const { namespace } = metadata;
  const all = async <T extends KubeObject>(resource: Resource<T>): Promise<readonly T[]> =>
    (await api.list(resource, { labelSelector, ...(resource.namespaced ? { namespace } : {}) })).items.filter(
      (object) => versionUidOf(object) === metadata.uid,
    );
  const [volumes, claims, pods] = await Promise.all([
    all(PERSISTENT_VOLUMES),
    all(PERSISTENT_VOLUME_CLAIMS),
    all(PODS),
  ]);
  return { volumes, claims, pods };
}

/** Milliseconds. Many versions lie on one node, and all are looked at when a policy changes. */
const NODE_MS = 3_000;
const MAX_NODES = 1_000;

export function nodeLooks(api: Reader): RecentLooks<Node | 'missing'> {
  const see = async (name: string): Promise<Node | 'missing'> =>
    (await unlessNotFound(api.get(NODES, { name }))) ?? 'missing';
  return new RecentLooks(see, { milliseconds: NODE_MS, max: MAX_NODES });
}

/** The Model that a version names, as it is; undefined: there is none. */
export function lookModel(
  api: Reader,
  { metadata, spec }: ModelVersionObject,
): Promise<ModelObject | undefined> {
  const { namespace = '' } = metadata;
  return unlessNotFound(api.get(MODELS, { namespace, name: spec.modelName }));
}

/** A pod that does not start has some ten. */
const MAX_EVENTS = 100;

/** What events say of a pod that does not start; null: nothing. */
export async function lookTrouble(
  api: Reader,
  { metadata }: Pod,
  sayings: readonly Saying[],
): Promise<StowageError | null> {
  const fieldSelector = `involvedObject.uid=${metadata.uid}`;
  const { items } = await api.list(CORE_EVENTS, {
    namespace: metadata.namespace,
    fieldSelector,
    limit: MAX_EVENTS,
  });
  return eventTrouble(items, sayings) ?? null;
}
