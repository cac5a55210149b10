import { onTestFinished } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import { create, get, kubectl, wait, type KubeObject } from '../../cluster/kubectl.ts';
import { until } from '../../cluster/until.ts';

/** What of a volume is its own: `nfs` or `csi`, `mountOptions`, other access modes. */
type VolumeSource = Readonly<Record<string, unknown>>;

const FAILURE_MS = 60_000;

/** A volume of an NFS export, bound to a claim. @returns the claim's name */
export function bindNfsVolume(
  cluster: Cluster,
  namespace: string,
  nfs: { readonly server: string; readonly path: string },
  mountOptions: readonly string[],
): Promise<string> {
  return bindVolume(cluster, namespace, { nfs: { ...nfs, readOnly: true }, mountOptions });
}

/** A volume and a claim bound to it. The volume goes with the test. @returns the claim's name */
export async function bindVolume(cluster: Cluster, namespace: string, source: VolumeSource): Promise<string> {
  const name = `model-${namespace}`;
  await create(cluster, volume(name, namespace, source));
  onTestFinished(() => kubectl(cluster, ['delete', 'pv', name, '--wait=false']).then(() => undefined));
  await create(cluster, claim('model', namespace, name));
  await wait(cluster, 'pvc/model', 'jsonpath={.status.phase}=Bound', { namespace });
  return 'model';
}

function volume(name: string, namespace: string, source: VolumeSource): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      ...{ capacity: { storage: '1Mi' }, accessModes: ['ReadWriteMany'], storageClassName: '' },
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: 'model' },
      ...source,
    },
  };
}

function claim(name: string, namespace: string, volumeName: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: {
      ...{ accessModes: ['ReadWriteMany'], storageClassName: '', volumeName },
      resources: { requests: { storage: '1Mi' } },
    },
  };
}

/** Of the kubelet, and of the controller manager, which has volumes attached that need that. */
const FAILURES = new Set(['FailedMount', 'FailedAttachVolume']);

interface EventList {
  readonly items: readonly { readonly reason: string; readonly message: string }[];
}

/** Waits until the kubelet has said why it could not mount a volume, and gives its words. */
export async function mountFailure(cluster: Cluster, namespace: string, like: RegExp): Promise<string> {
  return until({ what: `a failed mount with ${String(like)}`, timeoutMs: FAILURE_MS }, async () => {
    const failures = await failedMounts(cluster, namespace);
    const found = failures.find((message) => like.test(message));
    if (found === undefined) throw new Error(failures.join('\n'));
    return found;
  });
}

export async function failedMounts(cluster: Cluster, namespace: string): Promise<string[]> {
  const events = await get<EventList>(cluster, ['events'], namespace);
  return events.items.filter(({ reason }) => FAILURES.has(reason)).map(({ message }) => message);
}
