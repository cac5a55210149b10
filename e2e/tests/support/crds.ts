import { join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.ts';
import { kubectl, type KubeObject } from '../../cluster/kubectl.ts';

const CRDS = join(import.meta.dirname, '../../../deploy/crds');

/** Applies the project's CRDs, as people do, and waits until they are served. */
export async function applyCrds(cluster: Cluster): Promise<void> {
  await kubectl(cluster, ['apply', '--server-side', '-f', CRDS]);
  await established(cluster);
}

/** Waits until every CRD that there is is served. */
export async function established(cluster: Cluster): Promise<void> {
  await kubectl(cluster, ['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s']);
}

/** What every ModelVersion here has in its spec. */
export const SPEC = {
  modelName: 'bert',
  imageRepo: 'registry.example.com/team-a/bert',
  storage: { localStorage: { path: '/data/bert', nodeName: 'worker-7' } },
};

/** A ModelVersion in the namespace default. */
export function version(name: string, spec: object = {}): KubeObject {
  const metadata = { name, namespace: 'default' };
  return {
    apiVersion: 'model.kubedl.io/v1alpha1',
    kind: 'ModelVersion',
    metadata,
    spec: { ...SPEC, ...spec },
  };
}
