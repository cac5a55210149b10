import { describe, inject, it as plain, type ProvidedContext } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import { kubectl } from '../../cluster/kubectl.ts';

/** What not every cluster has: an image, a place for images, a node that is this machine, kinds of volumes, Kaniko. */
type Need = 'busybox' | 'registry' | 'node' | 'nfs' | 'efs' | 'kaniko';

export type ClusterWith<N extends Need> = Cluster & { readonly [Name in N]-?: NonNullable<Cluster[Name]> };

/** A describe() for tests that need the run's cluster, skipped with the reason where it is not or lacks something. */
export function describeCluster<const N extends Need>(
  title: string,
  needs: readonly N[],
  tests: (cluster: ClusterWith<N>) => void,
): void {
  const given = inject('e2e');
  const why = whyNot(given, needs);
  if (why !== undefined) {
    plain.skip(`${title} (skipped: ${why})`, () => undefined);
  } else if ('cluster' in given) {
    describe(title, () => tests(given.cluster as ClusterWith<N>));
  }
}

/** `it` with a namespace of its own for each test, deleted after it. Its Pod Security level is the cluster's default. */
export const it = plain.extend('namespace', async ({ task }, { onCleanup }) => {
  const given = inject('e2e');
  if ('skipped' in given) throw new Error(given.skipped);
  const name = `e2e-${task.id.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 30)}-${Date.now().toString(36)}`;
  await kubectl(given.cluster, ['create', 'namespace', name]);
  onCleanup(() =>
    kubectl(given.cluster, ['delete', 'namespace', name, '--wait=false']).then(() => undefined),
  );
  return name;
});

function whyNot(given: ProvidedContext['e2e'], needs: readonly Need[]): string | undefined {
  if ('skipped' in given) return given.skipped;
  const lacking = needs.filter((need) => given.cluster[need] === undefined);
  if (lacking.length === 0) return undefined;
  const why = lacking.map((need) => given.cluster.lacking?.[need]).find((each) => each !== undefined);
  return why ?? `the cluster of KUBECONFIG has no known ${lacking.join(', no known ')}`;
}
