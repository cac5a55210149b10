import { onTestFinished } from 'vitest';
import { create, get, kubectl, wait, type KubeObject } from '../../cluster/kubectl.ts';
import type { ClusterWith } from './cluster.ts';

interface NodeObject {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
}

/**
 * A volume of a directory of the node, mounted with "ro", and a claim that is bound to it. The volume goes with the test.
 * @returns the claim's name
 */
export async function bindLocalVolume(
  cluster: ClusterWith<'node'>,
  namespace: string,
  path: string,
): Promise<string> {
  const { metadata } = await get<NodeObject>(cluster, ['node', cluster.node.name]);
  const hostname = metadata.labels['kubernetes.io/hostname'] ?? '';
  const name = `model-${namespace}`;
  await create(cluster, volume(name, namespace, path, hostname));
  onTestFinished(() => kubectl(cluster, ['delete', 'pv', name, '--wait=false']).then(() => undefined));
  await wait(cluster, `pv/${name}`, 'jsonpath={.status.phase}=Available');
  await create(cluster, claim('model', namespace, name));
  await wait(cluster, 'pvc/model', 'jsonpath={.status.phase}=Bound', { namespace });
  return 'model';
}

/** Bound to its claim before the claim is there, so that no other claim can have it. */
function volume(name: string, namespace: string, path: string, hostname: string): KubeObject {
  const isThere = { key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      ...{ capacity: { storage: '1Mi' }, accessModes: ['ReadOnlyMany'], storageClassName: '' },
      ...{ persistentVolumeReclaimPolicy: 'Retain', mountOptions: ['ro'], local: { path } },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: 'model' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [isThere] }] } },
    },
  };
}

function claim(name: string, namespace: string, volumeName: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: {
      ...{ accessModes: ['ReadOnlyMany'], storageClassName: '', volumeName },
      resources: { requests: { storage: '1Mi' } },
    },
  };
}
