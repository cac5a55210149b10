import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { PersistentVolumeClaim, Pod } from '../../src/kube/core.ts';
import { create, get, kubectl } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
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

  it.each([
    ['a directory that is not there', 'missing', 'PathNotFound'],
    ['a link that leads out', 'out', 'LinkRefused'],
  ])('with %s fails: %s', async (_, path, reason) => {
    const namespace = `claims-${reason.toLowerCase()}`;
    await kubectl(cluster, ['create', 'namespace', namespace]);
    onTestFinished(() => kubectl(cluster, ['delete', 'ns', namespace, '--wait=false']).then(() => undefined));
    const folder = await modelFolder();
    onTestFinished(() => folder.remove());
    await symlink('/etc', join(folder.path, 'out'));
    await allow(namespace);
    await bindLocalVolume(cluster, namespace, folder.path);
    await apply(cluster, versionOn(namespace, { claimName: 'model', path }));
    await untilReason(cluster, namespace, 'v1', reason);
  });

  it('that another pod has is built from on the node of that pod', async ({ namespace }) => {
    await allow(namespace);
    await bindLocalVolume(cluster, namespace, model.path, 'ReadWriteOnce');
    const volumes = [{ name: 'model', persistentVolumeClaim: { claimName: 'model' } }];
    const containers = [{ name: 'train', image: cluster.busybox, command: ['sleep', '600'] }];
    const spec = { containers, volumes, terminationGracePeriodSeconds: 0 };
    await create(cluster, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'training', namespace }, spec });
    await kubectl(cluster, ['wait', 'pod/training', '--for=condition=Ready', '--timeout=60s'], { namespace });
    await apply(cluster, versionOn(namespace, { claimName: 'model' }, { imageRepo: `${NOWHERE}/x` }));
    const selector = ['pods', '-l', 'app.kubernetes.io/managed-by=stowage'];
    const pods = async () => (await get<{ items: Pod[] }>(cluster, selector, namespace)).items;
    await expect.poll(async () => (await pods()).length).toBe(1);
    const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [cluster.node.name] }] }];
    expect((await pods())[0]?.spec['affinity']).toEqual({
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    });
  });

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
