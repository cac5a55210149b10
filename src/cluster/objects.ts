import { API_VERSION } from '../api/group.ts';
import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { MODELS, MODEL_VERSIONS, STORAGE_POLICIES } from '../api/resources.ts';
import type { ModelObject, ModelVersionObject, StoragePolicyObject } from '../api/resources.ts';
import type { StoragePolicy } from '../api/storagepolicy.ts';
import { listAll, unlessNotFound } from '../kube/reads.ts';
import type { KubeObject, ObjectKey } from '../kube/object.ts';
import type { Resource } from '../kube/resource.ts';
import type { Remote } from './connect.ts';

/** What a cluster has of ours, in the form that declarations have too. */
export type Kept = Model | ModelVersion | StoragePolicy;
export type KeptKind = 'models' | 'modelversions' | 'storagepolicies';

export const RESOURCES = {
  models: MODELS,
  modelversions: MODEL_VERSIONS,
  storagepolicies: STORAGE_POLICIES,
} as const satisfies Record<KeptKind, Resource>;

/** All objects of a kind, of all namespaces where none is given. */
export async function listKept(
  remote: Remote,
  kind: KeptKind,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<Kept[]> {
  const scope = kind === 'storagepolicies' ? undefined : namespace;
  if (kind === 'models')
    return (await listAll(remote.api, MODELS, { namespace: scope }, signal)).map(modelOf);
  if (kind === 'modelversions') return listVersions(remote, scope, signal);
  return (await listAll(remote.api, STORAGE_POLICIES, { namespace: scope }, signal)).map(policyOf);
}

export async function listVersions(
  remote: Remote,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<ModelVersion[]> {
  return (await listAll(remote.api, MODEL_VERSIONS, { namespace }, signal)).map(versionOf);
}

/** One object; undefined where there is none. */
export async function readKept(
  remote: Remote,
  kind: KeptKind,
  { namespace, name }: Required<ObjectKey>,
  signal: AbortSignal,
): Promise<Kept | undefined> {
  const key = { namespace, name };
  if (kind === 'models') return mapped(await read(remote, MODELS, key, signal), modelOf);
  if (kind === 'modelversions') return mapped(await read(remote, MODEL_VERSIONS, key, signal), versionOf);
  return mapped(await read(remote, STORAGE_POLICIES, { name }, signal), policyOf);
}

/** An object as the server gives it; undefined where there is none. */
export async function read<T extends KubeObject>(
  { api }: Remote,
  resource: Resource<T>,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<T | undefined> {
  return unlessNotFound(api.get(resource, key, { signal }));
}

export function versionOf(object: ModelVersionObject): ModelVersion {
  return { ...object, apiVersion: API_VERSION, kind: 'ModelVersion', metadata: metadataOf(object) };
}

export function modelOf(object: ModelObject): Model {
  return { ...object, apiVersion: API_VERSION, kind: 'Model', metadata: metadataOf(object) };
}

function policyOf(object: StoragePolicyObject): StoragePolicy {
  return { ...object, apiVersion: API_VERSION, kind: 'StoragePolicy', metadata: metadataOf(object) };
}

/** Managed fields are half of an object and tell people nothing; kubectl leaves them out too. */
function metadataOf({ metadata }: KubeObject): Kept['metadata'] {
  const kept: Kept['metadata'] = { ...metadata };
  delete kept['managedFields'];
  return kept;
}

function mapped<T, U>(value: T | undefined, change: (value: T) => U): U | undefined {
  return value === undefined ? undefined : change(value);
}
