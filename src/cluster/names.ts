import { NAMESPACES } from '../kube/core.ts';
import type { ClusterChoice } from '../kube/kubeconfig.ts';
import { connected, type Remote } from './connect.ts';
import { listAll } from '../kube/reads.ts';
import { RESOURCES, type KeptKind } from './objects.ts';
import type { KubeObject } from '../kube/object.ts';
import type { Resource } from '../kube/resource.ts';

/** Somebody waits with a finger on the key. */
const PATIENCE_MS = 1_000;

/** Names to complete with, of a namespace or else that of the context; none where the cluster does not say them at once. */
export function objectNames(
  choice: ClusterChoice,
  kind: KeptKind,
  namespace: string | undefined,
): Promise<readonly string[]> {
  const resource: Resource = RESOURCES[kind];
  return quickly(choice, (remote, signal) => {
    const scope = resource.namespaced ? (namespace ?? remote.namespace) : undefined;
    return listAll(remote.api, resource, { namespace: scope }, signal);
  });
}

export function namespaceNames(choice: ClusterChoice): Promise<readonly string[]> {
  return quickly(choice, (remote, signal) => listAll(remote.api, NAMESPACES, {}, signal));
}

async function quickly(
  choice: ClusterChoice,
  list: (remote: Remote, signal: AbortSignal) => Promise<readonly KubeObject[]>,
): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const objects = await connected(choice, (remote) => list(remote, signal));
    return objects.map(({ metadata }) => metadata.name);
  } catch {
    return [];
  }
}
