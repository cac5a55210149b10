import type { Declaration } from '../api/declaration.ts';
import { refuseDuplicates } from '../api/duplicates.ts';
import type { ApplyObject } from '../kube/api-options.ts';
import { KubeError } from '../kube/kube-error.ts';
import type { Resource } from '../kube/resource.ts';
import { awaitBuilds, type BuildContext } from './await-build.ts';
import { courseOf } from './course.ts';
import { explainedWrite } from './explained.ts';
import { RESOURCES, versionOf } from './objects.ts';
import type { ClusterOutcome } from './outcome.ts';

export interface ClusterApplyContext extends BuildContext {
  /** Whether to stay until each version is Ready or failed. */
  readonly wait: boolean;
}

/**
 * Brings a cluster to what the declarations say, and waits for their versions. What the API server refuses is an outcome,
 * and so is a build that fails.
 * @throws DeclarationInvalid before anything is sent; ClusterUnreachable, Timeout, KubeconfigInvalid
 */
export async function applyToCluster(
  declarations: readonly Declaration[],
  context: ClusterApplyContext,
): Promise<ClusterOutcome[]> {
  refuseDuplicates(declarations, context.remote.namespace);
  const outcomes: ClusterOutcome[] = [];
  for (const object of inOrder(declarations)) outcomes.push(await send(object, context));
  return context.wait ? awaitBuilds(outcomes, context) : outcomes;
}

/** A version that came before the policy that allows it would be refused for a moment. */
function inOrder(declarations: readonly Declaration[]): Declaration[] {
  const rank = { StoragePolicy: 0, Model: 1, ModelVersion: 2 } as const;
  return [...declarations].sort((a, b) => rank[a.kind] - rank[b.kind]);
}

async function send(object: Declaration, { remote, signal }: ClusterApplyContext): Promise<ClusterOutcome> {
  const { kind } = object;
  const namespace = kind === 'StoragePolicy' ? undefined : (object.metadata.namespace ?? remote.namespace);
  const identity = { kind, namespace, name: object.metadata.name };
  try {
    const draft = draftOf(object, namespace);
    if (kind === 'ModelVersion') {
      const version = versionOf(await remote.api.apply(RESOURCES.modelversions, draft, { signal }));
      const isThere = courseOf(version).state === 'ready';
      return { ...identity, version, result: isThere ? 'unchanged' : 'unfinished' };
    }
    const resource: Resource = kind === 'Model' ? RESOURCES.models : RESOURCES.storagepolicies;
    await remote.api.apply(resource, draft, { signal });
    return { ...identity, result: 'configured' };
  } catch (error) {
    if (error instanceof KubeError && !isAboutAll(error))
      return { ...identity, result: 'refused', error: explainedWrite(error, remote.name) };
    throw error;
  }
}

/** The next object would get the same answer. */
function isAboutAll({ status, reason }: KubeError): boolean {
  return status === 401 || status >= 500 || reason === 'NotServed';
}

function draftOf(object: Declaration, namespace: string | undefined): ApplyObject {
  const { name, labels, annotations } = object.metadata;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { metadata, ...(object.spec === undefined ? {} : { spec: object.spec }) };
}
