import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { tempDir } from '../../test/support/tempdir.ts';
import { create, get, kubectl, wait, type KubeObject } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
import { runPod } from './support/pods.ts';

interface NodeObject {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
}

/** Writes though it should not be able to, and says how that went. */
const SCRIPT =
  'cat /model/config.json; echo new >/model/new.txt; echo changed >/model/config.json; rm /model/config.json';

describeCluster('a local volume that is mounted with "ro"', ['busybox', 'node'], (cluster) => {
  it('is read and cannot be written by root in a pod that mounts it to write', async ({ namespace }) => {
    const model = await tempDir();
    await chmod(model, 0o777);
    await writeFile(join(model, 'config.json'), '{"is": "the model"}\n');
    const { metadata } = await get<NodeObject>(cluster, ['node', cluster.node.name]);
    const hostname = metadata.labels['kubernetes.io/hostname'] ?? '';

    const name = `model-${namespace}`;
    await create(cluster, volume(name, namespace, model, hostname));
    onTestFinished(() => kubectl(cluster, ['delete', 'pv', name, '--wait=false']).then(() => undefined));
    await wait(cluster, `pv/${name}`, 'jsonpath={.status.phase}=Available');
    await create(cluster, claim('model', namespace, name));
    await wait(cluster, 'pvc/model', 'jsonpath={.status.phase}=Bound', { namespace });
    const end = await runPod(cluster, {
      ...{ name: 'writes', namespace, image: cluster.busybox, script: `{ ${SCRIPT}; } 2>&1; true` },
      volumes: [{ name: 'model', persistentVolumeClaim: { claimName: 'model' } }],
      mounts: [{ name: 'model', mountPath: '/model' }],
    });

    const lines = end.log.trim().split('\n');
    expect(lines[0]).toBe('{"is": "the model"}');
    expect(lines.slice(1)).toEqual(Array(3).fill(expect.stringContaining('Read-only file system')));
    expect(await readdir(model)).toEqual(['config.json']);
    expect(await readFile(join(model, 'config.json'), 'utf8')).toBe('{"is": "the model"}\n');
  });
});

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
