import { STORAGE_POLICIES } from '../api/resources.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import type { StoragePolicy } from '../api/storagepolicy.ts';
import { StowageError } from '../errors.ts';
import { NAMESPACES, NODES } from '../kube/core.ts';
import { isForbidden } from '../kube/kube-error.ts';
import type { KubeObject } from '../kube/object.ts';
import { listAll } from '../kube/reads.ts';
import type { Resource } from '../kube/resource.ts';
import type { Remote } from './connect.ts';
import { read } from './objects.ts';
import { nodeNameOf, type Surroundings } from './policy-decision.ts';

/**
 * Looks up in a cluster what the decision about each version depends on.
 * @param proposed policies that are not there yet; one takes the place of that of its name
 * @throws ObjectNotFound without its namespace, KubeError
 */
export async function surroundings(
  remote: Remote,
  versions: readonly ModelVersion[],
  proposed: readonly StoragePolicy[],
  signal: AbortSignal,
): Promise<Surroundings[]> {
  const names = new Set(proposed.map(({ metadata }) => metadata.name));
  const there = await listAll(remote.api, STORAGE_POLICIES, {}, signal);
  const policies = [...proposed, ...there.filter(({ metadata }) => !names.has(metadata.name))];
  const found: Surroundings[] = [];
  for (const version of versions) {
    const { namespace = remote.namespace } = version.metadata;
    const nodeName = nodeNameOf(version);
    found.push({
      policies,
      namespace: (await labelled(remote, NAMESPACES, namespace, signal)) ?? missing(namespace),
      node: nodeName === undefined ? undefined : await labelled(remote, NODES, nodeName, signal),
    });
  }
  return found;
}

async function labelled(
  remote: Remote,
  resource: Resource,
  name: string,
  signal: AbortSignal,
): Promise<Surroundings['namespace'] | undefined> {
  const object = await read(remote, resource, { name }, signal).catch((error: unknown) => {
    throw isForbidden(error) ? hidden(error) : error;
  });
  return object && { name, labels: labelsOf(object) };
}

function labelsOf({ metadata }: KubeObject): Readonly<Record<string, string>> {
  return metadata.labels ?? {};
}

function missing(namespace: string): never {
  throw new StowageError('ObjectNotFound', `there is no namespace ${JSON.stringify(namespace)}`, {
    hint: '"kubectl get namespaces" has the names of those there are.',
  });
}

/** Users of a cluster often may not read its nodes. */
function hidden(error: StowageError): StowageError {
  return new StowageError(error.code, error.message, {
    hint: 'The labels decide. Ask somebody who may read them, or decide without the cluster: stowage get storagepolicies -o yaml --kube > policies.yaml, then stowage policy test -f policies.yaml -f FILE --node-label KEY=VALUE.',
    cause: error,
  });
}
