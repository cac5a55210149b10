import { MODEL_VERSIONS } from '../api/resources.ts';
import type { KubeObject, ObjectKey } from '../kube/object.ts';
import type { Resource } from '../kube/resource.ts';
import type { Remote } from './connect.ts';
import { follow } from './follow.ts';
import { listAll } from '../kube/reads.ts';
import { read, RESOURCES, type KeptKind } from './objects.ts';

export interface Removed {
  /** Versions that Kubernetes deletes with their Model. */
  readonly versions: number;
}

export interface RemoveOptions {
  /** Whether to stay until it is gone. */
  readonly wait: boolean;
  /** Told what holds it up. */
  readonly onHeld: (finalizers: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Deletes an object.
 * @returns undefined where there is none
 * @throws KubeError, and what follow() throws
 */
export async function remove(
  remote: Remote,
  kind: KeptKind,
  { namespace, name }: Required<ObjectKey>,
  options: RemoveOptions,
): Promise<Removed | undefined> {
  const key = kind === 'storagepolicies' ? { name } : { namespace, name };
  const resource: Resource = RESOURCES[kind];
  const object = await read(remote, resource, key, options.signal);
  if (object === undefined) return undefined;
  const { uid } = object.metadata;
  const versions = kind === 'models' ? await ownedBy(remote, namespace, uid, options.signal) : 0;
  await remote.api.delete(resource, key, { uid, signal: options.signal });
  if (options.wait) await gone(remote, resource, { key, uid }, options);
  return { versions };
}

async function ownedBy(remote: Remote, namespace: string, uid: string, signal: AbortSignal): Promise<number> {
  const versions = await listAll(remote.api, MODEL_VERSIONS, { namespace }, signal);
  return versions.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .length;
}

async function gone(
  remote: Remote,
  resource: Resource,
  { key, uid }: { readonly key: ObjectKey; readonly uid: string },
  { onHeld, signal }: RemoveOptions,
): Promise<void> {
  let told = false;
  const enough = (object: KubeObject | undefined): boolean => {
    if (object?.metadata.uid !== uid) return true;
    const { finalizers = [] } = object.metadata;
    if (!told && finalizers.length > 0) onHeld(finalizers);
    told ||= finalizers.length > 0;
    return false;
  };
  await follow(remote, resource, key, { enough, signal });
}
