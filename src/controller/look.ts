import { LABELS } from '../api/labels.ts';
import type { Builder } from '../builders/builder.ts';
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
import type { KubeObject } from '../kube/object.ts';
import { unlessNotFound } from '../kube/reads.ts';
import type { Resource } from '../kube/resource.ts';
import type { Saying } from '../storage/saying.ts';
import { MODELS, type ModelObject, type ModelVersionObject } from '../api/resources.ts';
import type { Observed, Owned } from './observed.ts';
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

/** The last lines of a log: progress is told every second, what is under way every four. */
const PROGRESS_LINES = 10;
const FAILURE_LINES = 200;
const TAIL_BYTES = 64 * 1024;

/** How far a pod says that it is, and what it has under way. */
export async function lookProgress(
  api: Reader,
  { progress, uploads }: Pick<Builder, 'progress' | 'uploads'>,
  pod: Pod,
): Promise<Pick<Observed, 'progress' | 'uploads'>> {
  if (progress === undefined) return { progress: null };
  const log = await logEnd(api, pod, PROGRESS_LINES);
  return { progress: progress(log) ?? null, uploads: uploads?.(log) };
}

/** The end of the log of a pod that has failed: what it says last can be a page of a proxy. Empty where there is none. */
export function lookLog(api: Reader, pod: Pod): Promise<string> {
  return logEnd(api, pod, FAILURE_LINES);
}

/** The end of a pod's log; empty where it cannot be read: that is no reason for a build to fail. */
async function logEnd(api: Reader, { metadata }: Pod, tailLines: number): Promise<string> {
  try {
    const options = { tailLines, limitBytes: TAIL_BYTES };
    const chunks: Uint8Array[] = [];
    for await (const chunk of await api.logs(metadata, options, AbortSignal.timeout(LOG_MS)))
      chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (asStowageError(error).code === 'Internal') throw error;
    return '';
  }
}

/** Milliseconds. A node that does not answer holds up nobody for longer. */
const LOG_MS = 2_000;
