import { onTestFinished } from 'vitest';
import type { AccessMode } from '../../../src/kube/core.ts';
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
  accessMode: AccessMode = 'ReadOnlyMany',
): Promise<string> {
  const { metadata } = await get<NodeObject>(cluster, ['node', cluster.node.name]);
  const hostname = metadata.labels['kubernetes.io/hostname'] ?? '';
  const name = `model-${namespace}`;
  await create(cluster, volume({ name, namespace, path, hostname, accessMode }));
  onTestFinished(() => kubectl(cluster, ['delete', 'pv', name, '--wait=false']).then(() => undefined));
  await wait(cluster, `pv/${name}`, 'jsonpath={.status.phase}=Available');
  await create(cluster, claim('model', namespace, name, accessMode));
  await wait(cluster, 'pvc/model', 'jsonpath={.status.phase}=Bound', { namespace });
  return 'model';
}

interface Wanted {
  readonly name: string;
  readonly namespace: string;
  readonly path: string;
  readonly hostname: string;
  readonly accessMode: AccessMode;
}

/** Bound to its claim before the claim is there, so that no other claim can have it. */
function volume({ name, namespace, path, hostname, accessMode }: Wanted): KubeObject {
  const isThere = { key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      ...{ capacity: { storage: '1Mi' }, accessModes: [accessMode], storageClassName: '' },
      ...{ persistentVolumeReclaimPolicy: 'Retain', mountOptions: ['ro'], local: { path } },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: 'model' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [isThere] }] } },
    },
  };
}

function claim(name: string, namespace: string, volumeName: string, accessMode: AccessMode): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: {
      ...{ accessModes: [accessMode], storageClassName: '', volumeName },
      resources: { requests: { storage: '1Mi' } },
    },
  };
}
