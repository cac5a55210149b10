import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { PersistentVolumeClaim, Pod } from '../../src/kube/core.ts';
import { create, get, kubectl, wait } from '../cluster/kubectl.ts';
import { describeCluster, it, type ClusterWith } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import { bindLocalVolume } from './support/local-volume.ts';
import {
  apply,
  conditionOf,
  modelFolder,
  policyFor,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* A claim that exists is read as it is: nothing is made beside the pod, and nothing of it is changed. */

/** Nothing answers there: a build waits for it. */
const NOWHERE = '198.18.255.1:5000';

/** What a claim on a volume of createHostPath asks for. */
const WANTED = {
  ...{ accessModes: ['ReadWriteOnce'], storageClassName: '' },
  resources: { requests: { storage: '1Mi' } },
};

describeCluster('a claim that exists', ['registry', 'node', 'busybox'], (cluster) => {
  let model: ModelFolder;
  let controller: Controller;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    controller = await startController(cluster, {
      settings: { retries: { attempts: 3, firstDelay: 1, maxDelay: 1 }, deadlines: { start: 30 } },
    });
  });
  afterAll(async () => {
    await controller.stop();
    await model.remove();
  });

  async function allow(namespace: string, rules: object[] = [{}]): Promise<void> {
    const targets = [cluster.registry.host, NOWHERE];
    await create(
      cluster,
      policyFor(cluster, namespace, [], { localStorage: [], persistentVolumeClaim: rules, targets }),
    );
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
  }

  function versionOn(namespace: string, storage: object, spec: object = {}) {
    const all = { storage: { persistentVolumeClaim: storage }, ...spec };
    return versionOf(cluster, { name: 'v1', namespace, path: '', spec: all });
  }

  async function claimOf(namespace: string): Promise<PersistentVolumeClaim> {
    return get<PersistentVolumeClaim>(cluster, ['pvc', 'model'], namespace);
  }

  it('is mounted read-only in place, and stays as it was', async ({ namespace }) => {
    await kubectl(cluster, ['label', 'ns', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await allow(namespace, [{ claimNames: ['model'] }]);
    await bindLocalVolume(cluster, namespace, model.path, 'ReadWriteMany');
    const before = await claimOf(namespace);
    await apply(cluster, versionOn(namespace, { claimName: 'model' }));
    const { status, metadata } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(status?.bytes).toMatchObject({ source: 4096 + 22 + 4, read: 4096 + 22 + 4 });
    expect(metadata.finalizers ?? []).toEqual([]);
    await expect.poll(() => kubectl(cluster, ['get', 'pods', '-o', 'name'], { namespace })).toBe('');
    expect((await claimOf(namespace)).spec).toEqual(before.spec);
    expect((await claimOf(namespace)).metadata.uid).toBe(before.metadata.uid);
    expect(await kubectl(cluster, ['get', 'pv', '-o', 'name'])).toBe(`persistentvolume/model-${namespace}\n`);
    await kubectl(cluster, ['delete', 'mv', 'v1', '--timeout=30s'], { namespace });
    expect((await claimOf(namespace)).metadata.deletionTimestamp).toBeUndefined();
  });

  it('is waited for, and named, while it is not there', async ({ namespace }) => {
    await allow(namespace);
    await apply(cluster, versionOn(namespace, { claimName: 'model', path: 'vocab' }));
    const missing = await untilReason(cluster, namespace, 'v1', 'ClaimNotFound');
    expect(conditionOf(missing, 'Ready')?.message).toContain('"model" does not exist');
    await bindLocalVolume(cluster, namespace, model.path);
    await kubectl(cluster, ['annotate', 'mv', 'v1', `model.kubedl.io/retry=${namespace}`], { namespace });
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    // What lies in the directory, and nothing beside it.
    expect(status?.bytes?.source).toBe('a\nb\n'.length);
  });

  it.for<[volume: 'local' | 'hostPath', path: string, reason: string]>([
    ['local', 'missing', 'PathNotFound'],
    ['local', 'out', 'LinkRefused'],
    // The node mounts nothing there, so nothing is read-only for it.
    ['hostPath', 'missing', 'PathNotFound'],
    ['hostPath', 'out', 'LinkRefused'],
    ['hostPath', 'vocab', 'Succeeded'],
    ['hostPath', 'link', 'Succeeded'],
  ])('on a %s volume, with the path %s: %s, and it stays as it was', async (given, { namespace }) => {
    const [volume, path, reason] = given;
    const folder = await modelFolder();
    onTestFinished(() => folder.remove());
    await symlink('/run', join(folder.path, 'out'));
    await symlink('vocab', join(folder.path, 'link'));
    const before = await readdir(folder.path);
    await allow(namespace);
    if (volume === 'local') await bindLocalVolume(cluster, namespace, folder.path);
    else await bindHostPath(cluster, namespace, folder.path);
    await apply(cluster, versionOn(namespace, { claimName: 'model', path }));
    const { status } = await untilReason(cluster, namespace, 'v1', reason);
    expect(status?.bytes?.source).toBe(reason === 'Succeeded' ? 'a\nb\n'.length : undefined);
    expect(await readdir(folder.path)).toEqual(before);
  });

  it.for([
    ['by its name', 'model', { persistentVolumeClaim: { claimName: 'model' } }],
    ['made for it', 'training-model', { ephemeral: { volumeClaimTemplate: { spec: WANTED } } }],
  ] as const)(
    'that another pod has, %s, is built from on its node',
    async ([, claimName, source], { namespace }) => {
      await allow(namespace);
      if (claimName === 'model') await bindLocalVolume(cluster, namespace, model.path, 'ReadWriteOnce');
      else await createHostPath(cluster, namespace, model.path, claimName);
      const volumes = [{ name: 'model', ...source }];
      const containers = [{ name: 'train', image: cluster.busybox, command: ['sleep', '600'] }];
      const spec = { containers, volumes, terminationGracePeriodSeconds: 0 };
      await create(cluster, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'training', namespace },
        spec,
      });
      await kubectl(cluster, ['wait', 'pod/training', '--for=condition=Ready', '--timeout=60s'], {
        namespace,
      });
      await apply(cluster, versionOn(namespace, { claimName }, { imageRepo: `${NOWHERE}/x` }));
      const selector = ['pods', '-l', 'app.kubernetes.io/managed-by=stowage'];
      const pods = async () => (await get<{ items: Pod[] }>(cluster, selector, namespace)).items;
      await expect.poll(async () => (await pods()).length).toBe(1);
      const terms = [
        { matchFields: [{ key: 'metadata.name', operator: 'In', values: [cluster.node.name] }] },
      ];
      expect((await pods())[0]?.spec['affinity']).toEqual({
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
      });
    },
  );

  it('needs a policy that allows it, and one of another namespace cannot be named', async ({ namespace }) => {
    await allow(namespace, [{ claimNames: ['other'] }]);
    await bindLocalVolume(cluster, namespace, model.path);
    await apply(cluster, versionOn(namespace, { claimName: 'model' }));
    const denied = await untilReason(cluster, namespace, 'v1', 'PolicyDenied');
    expect(conditionOf(denied, 'Ready')?.message).toMatch(/persistentVolumeClaim:[^]*- model/);
    await expect(
      apply(cluster, {
        ...versionOn(namespace, { claimName: 'team-b/model' }),
        metadata: { name: 'v2', namespace },
      }),
    ).rejects.toThrow('claimName');
  });
});

/** A volume as k3s and kind make them, for the claim of that name. It goes with the test. */
async function createHostPath(
  cluster: ClusterWith<'node'>,
  namespace: string,
  path: string,
  claimName: string,
): Promise<void> {
  const metadata = { name: `model-${namespace}` };
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claimName };
  const { accessModes, storageClassName } = WANTED;
  const spec = {
    ...{ capacity: { storage: '1Mi' }, accessModes, storageClassName, claimRef, hostPath: { path } },
    persistentVolumeReclaimPolicy: 'Retain',
  };
  await create(cluster, { apiVersion: 'v1', kind: 'PersistentVolume', metadata, spec });
  onTestFinished(() =>
    kubectl(cluster, ['delete', 'pv', metadata.name, '--wait=false']).then(() => undefined),
  );
}

/** And the claim "model", bound to it. */
async function bindHostPath(cluster: ClusterWith<'node'>, namespace: string, path: string): Promise<void> {
  await createHostPath(cluster, namespace, path, 'model');
  const metadata = { name: 'model', namespace };
  await create(cluster, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec: WANTED });
  await wait(cluster, 'pvc/model', 'jsonpath={.status.phase}=Bound', { namespace });
}
