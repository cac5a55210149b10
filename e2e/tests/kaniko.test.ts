import { chmod, chown, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { FINALIZER } from '../../src/api/labels.ts';
import { get, kubectl } from '../cluster/kubectl.ts';
import { ApiProxy } from './support/api-proxy.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, type Controller } from './support/controller.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import { bindLocalVolume } from './support/local-volume.ts';
import { digestIn, filesCopied, filesMounted, filesOf, pinned } from './support/read-image.ts';
import {
  apply,
  modelFolder,
  readModel,
  readVersion,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* What Kaniko makes of a model on a node, by the controller. The executor is the real one. */

/** Writes that one build may take, without Events and the Lease: 17, and some twice where a watch lags behind. */
const MAX_WRITES = 21;
const BYTES = 4096 + 22 + 4;

describeCluster('Kaniko builds', ['busybox', 'registry', 'node', 'kaniko'], (cluster) => {
  let controller: Controller;
  let model: ModelFolder;
  let proxy: ApiProxy;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    proxy = await ApiProxy.start(cluster);
    controller = await startKanikoController(cluster, { use: 'stream', proxy });
  });
  afterAll(async () => {
    expect(await controller.stop(), controller.log.join('\n')).toBe(0);
    await proxy.stop();
    await model.remove();
  });

  it('an image in a baseline namespace, and leaves nothing else', async ({ namespace }) => {
    await kubectl(cluster, ['label', 'ns', namespace, 'pod-security.kubernetes.io/enforce=baseline']);
    await allowKaniko(cluster, namespace);
    const before = proxy.writes.length;
    const spec = { builder: 'kaniko' };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    await kubectl(cluster, ['wait', '--for=condition=Ready', 'mv/v1', '--timeout=60s'], { namespace });
    const { status } = await readVersion(cluster, namespace, 'v1');
    const digest = await digestIn(cluster, `${namespace}/bert`, 'v1');
    expect(status).toMatchObject({
      imageBuildPhase: 'ImageBuildSucceeded',
      image: `${cluster.registry.host}/${namespace}/bert:v1@${digest}`,
      ...{ builder: 'kaniko', digest, imageTag: 'v1', attempts: 1, failures: 0 },
      model: { architecture: 'bert' },
    });
    // It does not say more, so nor do we.
    expect(status?.bytes).toEqual({ source: BYTES });
    expect(status).not.toHaveProperty('size');
    expect(status).not.toHaveProperty('progress');
    await untilClean(cluster);
    await expect
      .poll(async () => (await readVersion(cluster, namespace, 'v1')).metadata.finalizers ?? [])
      .not.toContain(FINALIZER);
    await expect
      .poll(async () => (await readModel(cluster, namespace, 'bert')).status)
      .toMatchObject({ versions: 1, latestVersion: { modelVersion: 'v1', digest } });
    const writes = proxy.writes.slice(before).map(({ what }) => what);
    expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(MAX_WRITES);
    const { items } = await get<{ items: { reason: string }[] }>(cluster, ['events'], namespace);
    const reasons = items.map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['Building', 'Succeeded']));
    // The gate that the pod waits behind is our own, and no trouble.
    expect(reasons).not.toContain('Unschedulable');
  });

  it('images that image volumes and KubeDL’s loader read', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    const kaniko = { builder: 'kaniko' };
    const based = { ...kaniko, base: await pinned(cluster, cluster.busybox) };
    await apply(
      cluster,
      versionOf(cluster, { name: 'plain', namespace, path: model.path, spec: kaniko }),
      versionOf(cluster, { name: 'based', namespace, path: model.path, spec: based }),
    );
    const expected = await filesOf(model.path);
    const plain = await untilReason(cluster, namespace, 'plain', 'Succeeded');
    expect(await filesMounted(cluster, namespace, plain.status?.image ?? '')).toEqual(expected);
    const withShell = await untilReason(cluster, namespace, 'based', 'Succeeded');
    expect(await filesCopied(cluster, namespace, withShell.status?.image ?? '')).toEqual(expected);
  });

  it('files that only their owner may read, and nothing that a link leads to', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    const own = await modelFolder();
    onTestFinished(() => own.remove());
    await chown(join(own.path, 'weights.bin'), 4711, 4711);
    await chmod(join(own.path, 'weights.bin'), 0o600);
    const spec = { builder: 'kaniko' };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: own.path, spec }));
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(status?.bytes).toEqual({ source: BYTES });
    // In Kaniko's container the link would lead to the push credentials.
    await symlink('/kaniko/.docker/config.json', join(own.path, 'config'));
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path: own.path, spec }));
    await untilReason(cluster, namespace, 'v2', 'LinkRefused');
  });

  it('a model on a claim that exists, which stays as it was', async ({ namespace }) => {
    await allowKaniko(cluster, namespace, { persistentVolumeClaim: [{}] });
    await bindLocalVolume(cluster, namespace, model.path, 'ReadWriteMany');
    const storage = { persistentVolumeClaim: { claimName: 'model', path: 'vocab' } };
    const spec = { builder: 'kaniko', storage };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: '', spec }));
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(status?.bytes).toEqual({ source: 'a\nb\n'.length });
    await expect.poll(() => kubectl(cluster, ['get', 'pods', '-o', 'name'], { namespace })).toBe('');
    await kubectl(cluster, ['get', 'pvc', 'model'], { namespace });
  });

  it('with zstd, and takes a tag of its own or one that may be moved', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    const spec = { builder: 'kaniko', compression: 'zstd', imageTag: 'same' };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path: model.path, spec }));
    await untilReason(cluster, namespace, 'v2', 'TagExists');
    const moved = { ...spec, overwrite: true };
    await apply(cluster, versionOf(cluster, { name: 'v3', namespace, path: model.path, spec: moved }));
    const { status } = await untilReason(cluster, namespace, 'v3', 'Succeeded');
    expect(await digestIn(cluster, `${namespace}/bert`, 'same')).toBe(status?.digest);
  });
});
