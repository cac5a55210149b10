import { LABELS } from '../api/labels.ts';
import type { BuildProgress, Builder } from '../builders/builder.ts';
import { eventTrouble } from '../builders/pod-trouble.ts';
import { asStowageError, type StowageError } from '../errors.ts';
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
import { isNotFound } from '../kube/kube-error.ts';
import type { KubeObject } from '../kube/object.ts';
import type { Resource } from '../kube/resource.ts';
import type { ModelVersionObject } from '../api/resources.ts';
import type { Owned } from './observed.ts';

/** What a look needs of the API. */
export type Reader = Pick<ApiClient, 'get' | 'list' | 'logs'>;

/** What there is of a version, asked of the server. */
export async function lookLive(api: Reader, { metadata }: ModelVersionObject): Promise<Owned> {
  const labelSelector = `${LABELS.versionUid}=${metadata.uid}`;
  const { namespace } = metadata;
  const all = async <T extends KubeObject>(resource: Resource<T>): Promise<readonly T[]> =>
    (await api.list(resource, { labelSelector, ...(resource.namespaced ? { namespace } : {}) })).items;
  const [volumes, claims, pods] = await Promise.all([
    all(PERSISTENT_VOLUMES),
    all(PERSISTENT_VOLUME_CLAIMS),
    all(PODS),
  ]);
  return { volumes, claims, pods };
}

export async function lookNode(api: Reader, name: string): Promise<Node | 'missing'> {
  try {
    return await api.get(NODES, { name });
  } catch (error) {
    if (isNotFound(error)) return 'missing';
    throw error;
  }
}

/** What events say of a pod that does not start; null: nothing. */
export async function lookTrouble(api: Reader, { metadata }: Pod): Promise<StowageError | null> {
  const fieldSelector = `involvedObject.uid=${metadata.uid}`;
  const { items } = await api.list(CORE_EVENTS, { namespace: metadata.namespace, fieldSelector });
  return eventTrouble(items) ?? null;
}

/** The last lines of a log, some hundred bytes each; more is only needed where a warning is long. */
const TAIL_LINES = 5;
const TAIL_BYTES = 64 * 1024;

/** How far a pod says that it is; null: it does not say. Progress is no reason for a build to fail. */
export async function lookProgress(
  api: Reader,
  builder: Builder,
  { metadata }: Pod,
): Promise<BuildProgress | null> {
  try {
    const options = { tailLines: TAIL_LINES, limitBytes: TAIL_BYTES };
    const chunks: Uint8Array[] = [];
    for await (const chunk of await api.logs(metadata, options, AbortSignal.timeout(LOG_MS)))
      chunks.push(chunk);
    return builder.progress(Buffer.concat(chunks).toString('utf8')) ?? null;
  } catch (error) {
    if (asStowageError(error).code === 'Internal') throw error;
    return null;
  }
}

/** Milliseconds. A node that does not answer holds up nobody for longer. */
const LOG_MS = 5_000;
