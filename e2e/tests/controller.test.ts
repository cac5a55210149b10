import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { FINALIZER } from '../../src/api/labels.ts';
import { readTree } from '../../test/judges/trees.ts';
import { runStowage } from '../../test/support/stowage.ts';
import { get, kubectl } from '../cluster/kubectl.ts';
import { ApiProxy } from './support/api-proxy.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import { podOf, RESTRICTED, runPod } from './support/pods.ts';
import {
  apply,
  conditionOf,
  leftovers,
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  readModel,
  readVersion,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/** Writes that one build may take, without Events, progress and the Lease. */
const MAX_WRITES = 15;

/** `digest  ./path` for each file below the directory. */
const digestsOf = (directory: string): string => `cd ${directory} && find . -type f -exec sha256sum {} +`;

describeCluster('the controller', ['busybox', 'registry', 'node'], (cluster) => {
  let controller: Controller;
  let model: ModelFolder;
  let proxy: ApiProxy;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    proxy = await ApiProxy.start(cluster);
    controller = await startController(cluster, { proxy });
  });
  afterAll(async () => {
    expect(await controller.stop(), controller.log.join('\n')).toBe(0);
    await proxy.stop();
    await model.remove();
  });

  async function allow(namespace: string, spec: object = {}): Promise<void> {
    await apply(cluster, policyFor(cluster, namespace, [join(model.path, '..')], spec));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
  }

  it('makes an image of a model on a node in a restricted namespace, and leaves nothing else', async ({
    namespace,
  }) => {
    await kubectl(cluster, ['label', 'ns', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await allow(namespace);
    const before = proxy.writes.length;
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path }));
    await kubectl(cluster, ['wait', '--for=condition=Ready', 'mv/v1', '--timeout=60s'], { namespace });
    const { status, metadata } = await readVersion(cluster, namespace, 'v1');
    expect(status).toMatchObject({
      imageBuildPhase: 'ImageBuildSucceeded',
      image: `${cluster.registry.host}/${namespace}/bert:v1@${status?.digest ?? ''}`,
      ...{ imageTag: 'v1', attempts: 1, failures: 0 },
      bytes: { source: 4096 + 22 + 4, read: 4096 + 22 + 4 },
    });
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Model', name: 'bert' }]);
    await untilClean(cluster);
    await expect
      .poll(async () => (await readVersion(cluster, namespace, 'v1')).metadata.finalizers ?? [])
      .not.toContain(FINALIZER);
    await expect
      .poll(async () => (await readModel(cluster, namespace, 'bert')).status)
      .toMatchObject({ versions: 1, latestVersion: { modelVersion: 'v1', digest: status?.digest } });
    const writes = proxy.writes.slice(before).map(({ what }) => what);
    expect(writes.length, writes.join('\n')).toBeLessThanOrEqual(MAX_WRITES);
    const packed = await runStowage(['pack', model.path, '--to', `oci:${model.path}-image:v1`, '-o', 'json']);
    expect((JSON.parse(packed.stdout) as { digest: string }).digest).toBe(status?.digest);
    const reasons = await get<{ items: { reason: string }[] }>(cluster, ['events'], namespace);
    expect(reasons.items.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['Building', 'Succeeded']),
    );
  });

  it('makes an image that image volumes and KubeDL’s loader read', async ({ namespace }) => {
    await allow(namespace);
    const spec = { base: cluster.busybox, imageTag: 'based' };
    await apply(
      cluster,
      versionOf(cluster, { name: 'plain', namespace, path: model.path }),
      versionOf(cluster, { name: 'based', namespace, path: model.path, spec }),
    );
    const images = await Promise.all(
      ['plain', 'based'].map(async (name) => {
        const { status } = await untilReason(cluster, namespace, name, 'Succeeded');
        return status?.image ?? '';
      }),
    );
    const end = await runPod(cluster, {
      ...{ name: 'mounts', namespace, image: cluster.busybox, script: digestsOf('/model') },
      volumes: [{ name: 'model', image: { reference: images[0] } }],
      mounts: [{ name: 'model', mountPath: '/model', subPath: 'models' }],
      container: { securityContext: RESTRICTED },
    });
    expect(parseDigests(end.log)).toEqual(await filesOf(model.path));
    const mounts = [{ name: 'shared', mountPath: '/mnt/model' }];
    const copy = 'cp -r /kubedl-model/* /mnt/model';
    const loader = {
      name: 'loader',
      image: images[1],
      command: ['/bin/sh', '-c', copy],
      volumeMounts: mounts,
    };
    const copied = await runPod(cluster, {
      ...{ name: 'copies', namespace, image: cluster.busybox, script: digestsOf('/mnt/model'), mounts },
      volumes: [{ name: 'shared', emptyDir: {} }],
      spec: { initContainers: [loader] },
    });
    expect(parseDigests(copied.log)).toEqual(await filesOf(model.path));
  });

  it('keeps what other pods of the namespace write out of the model', async ({ namespace }) => {
    await allow(namespace);
    // Held up by a registry that is not there, so that its claim stays for a while.
    const spec = { imageRepo: '198.18.255.1:5000/x/y' };
    await kubectl(cluster, [
      'patch',
      'storagepolicy',
      namespace,
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { targets: [cluster.registry.host, '198.18.255.1:5000'] } }),
    ]);
    await apply(cluster, versionOf(cluster, { name: 'held', namespace, path: model.path, spec }));
    await expect.poll(() => claimOf(namespace), { timeout: 30_000 }).toBeDefined();
    const script = 'echo new >/all/model/new; rm /all/model/config.json; ls /all/model';
    const end = await runPod(cluster, {
      ...{ name: 'writes', namespace, image: cluster.busybox, script: `{ ${script}; } 2>&1` },
      volumes: [{ name: 'all', persistentVolumeClaim: { claimName: (await claimOf(namespace)) ?? '' } }],
      mounts: [{ name: 'all', mountPath: '/all' }],
    });
    expect(end.log.match(/Read-only file system/g)).toHaveLength(2);
    expect(end.log).toContain('weights.bin');
    // A pod that has ended holds on to its claim as well.
    await kubectl(cluster, ['delete', 'pod', 'writes'], { namespace });
    await kubectl(cluster, ['delete', 'mv', 'held'], { namespace });
    await untilClean(cluster);
    expect(await readFile(join(model.path, 'config.json'), 'utf8')).toContain('bert');
  });

  async function claimOf(namespace: string): Promise<string | undefined> {
    const { items } = await get<{ items: { metadata: { name: string }; status: { phase: string } }[] }>(
      cluster,
      ['pvc'],
      namespace,
    );
    return items.find(({ status }) => status.phase === 'Bound')?.metadata.name;
  }

  it('keeps equal names of two namespaces apart', async ({ namespace }) => {
    const other = `${namespace}-b`;
    await kubectl(cluster, ['create', 'ns', other]);
    onTestFinished(() => kubectl(cluster, ['delete', 'ns', other, '--wait=false']).then(() => undefined));
    const second = await modelFolder({ 'config.json': '{"model_type":"other"}\n' });
    onTestFinished(() => second.remove());
    await allow(namespace);
    await apply(cluster, policyFor(cluster, other, [join(second.path, '..')]));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', other]).then(() => undefined));
    await apply(
      cluster,
      versionOf(cluster, { name: 'v1', namespace, path: model.path }),
      versionOf(cluster, { name: 'v1', namespace: other, path: second.path }),
    );
    const [a, b] = await Promise.all(
      [namespace, other].map((each) => untilReason(cluster, each, 'v1', 'Succeeded')),
    );
    expect(a?.status?.bytes?.source).toBe(4096 + 22 + 4);
    expect(b?.status?.bytes?.source).toBe(23);
    expect(a?.status?.digest).not.toBe(b?.status?.digest);
  });

  it('refuses what no policy allows, says which would, and goes on when it is there', async ({
    namespace,
  }) => {
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path }));
    const denied = await untilReason(cluster, namespace, 'v1', 'PolicyDenied');
    const message = conditionOf(denied, 'Stalled')?.message ?? '';
    expect(conditionOf(denied, 'Stalled')?.status).toBe('True');
    const policy = message.slice(message.indexOf('apiVersion:'));
    await kubectl(cluster, ['apply', '-f', '-'], { input: policy });
    const { metadata } = (
      await get<{ items: { metadata: { name: string } }[] }>(cluster, ['storagepolicies'])
    ).items[0] ?? { metadata: { name: '' } };
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', metadata.name]).then(() => undefined));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('holds a build back, lets it go, cancels it and tries it again', async ({ namespace }) => {
    await allow(namespace);
    const spec = { suspend: true };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    await untilReason(cluster, namespace, 'v1', 'Suspended');
    await kubectl(cluster, ['annotate', 'mv', 'v1', 'model.kubedl.io/cancel=1'], { namespace });
    const cancelled = await untilReason(cluster, namespace, 'v1', 'Cancelled');
    expect(cancelled.status).toMatchObject({ imageBuildPhase: 'ImageBuildFailed', lastHandledCancel: '1' });
    const go = JSON.stringify({ spec: { suspend: false } });
    await kubectl(cluster, ['patch', 'mv', 'v1', '--type=merge', '-p', go], { namespace });
    await kubectl(cluster, ['annotate', 'mv', 'v1', 'model.kubedl.io/retry=2'], { namespace });
    const done = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(done.status).toMatchObject({ attempts: 1, lastHandledRetry: '2' });
  });

  it('moves the latest version with what finishes and what is deleted', async ({ namespace }) => {
    await allow(namespace);
    const latest = async () => {
      const { status } = await readModel(cluster, namespace, 'bert');
      return [status?.latestVersion?.modelVersion, status?.versions];
    };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path }));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path: model.path }));
    await untilReason(cluster, namespace, 'v2', 'Succeeded');
    await expect.poll(latest).toEqual(['v2', 2]);
    await kubectl(cluster, ['delete', 'mv', 'v2'], { namespace });
    await expect.poll(latest).toEqual(['v1', 1]);
    await kubectl(cluster, ['delete', 'mv', 'v1'], { namespace });
    await expect.poll(latest).toEqual([undefined, 0]);
  });

  it('refuses to move a tag to other content, unless it is told to', async ({ namespace }) => {
    await allow(namespace);
    const changing = await modelFolder({ 'config.json': '{"model_type":"one"}\n' });
    onTestFinished(() => changing.remove());
    await kubectl(cluster, [
      'patch',
      'storagepolicy',
      namespace,
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { localStorage: [{ nodeSelector: {}, pathPrefixes: [MODELS_DIRECTORY] }] } }),
    ]);
    const spec = { imageTag: 'same' };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: changing.path, spec }));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
    await writeFile(join(changing.path, 'config.json'), '{"model_type":"two"}\n');
    const more = { imageTag: 'same', overwrite: true };
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path: changing.path, spec }));
    const taken = await untilReason(cluster, namespace, 'v2', 'TagExists');
    expect(conditionOf(taken, 'Stalled')?.status).toBe('True');
    await apply(cluster, versionOf(cluster, { name: 'v3', namespace, path: changing.path, spec: more }));
    await untilReason(cluster, namespace, 'v3', 'Succeeded');
  });

  it('lets go of everything when a version or its namespace is deleted in the middle', async ({
    namespace,
  }) => {
    const other = `${namespace}-b`;
    await kubectl(cluster, ['create', 'ns', other]);
    for (const each of [namespace, other]) {
      await apply(
        cluster,
        policyFor(cluster, each, [join(model.path, '..')], { targets: ['198.18.255.1:5000'] }),
      );
      onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', each]).then(() => undefined));
      const spec = { imageRepo: '198.18.255.1:5000/x/y' };
      await apply(cluster, versionOf(cluster, { name: 'held', namespace: each, path: model.path, spec }));
    }
    await expect
      .poll(() => leftovers(cluster), { timeout: 30_000 })
      .toEqual(Array(6).fill(expect.anything()));
    await kubectl(cluster, ['delete', 'mv', 'held', '--wait=false'], { namespace });
    await kubectl(cluster, ['delete', 'ns', other]);
    await untilClean(cluster);
  });

  it('sweeps up volumes whose version was torn away', async ({ namespace }) => {
    await apply(
      cluster,
      policyFor(cluster, namespace, [join(model.path, '..')], { targets: ['198.18.255.1:5000'] }),
    );
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    const spec = { imageRepo: '198.18.255.1:5000/x/y' };
    await apply(cluster, versionOf(cluster, { name: 'torn', namespace, path: model.path, spec }));
    await expect
      .poll(() => leftovers(cluster), { timeout: 30_000 })
      .toEqual(Array(3).fill(expect.anything()));
    await controller.stop();
    await kubectl(
      cluster,
      ['patch', 'mv', 'torn', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'],
      { namespace },
    );
    await kubectl(cluster, ['delete', 'mv', 'torn'], { namespace });
    controller = await startController(cluster, { proxy });
    await untilClean(cluster);
  });

  it('answers a pod that is not ours with our name by taking another', async ({ namespace }) => {
    await allow(namespace);
    const spec = { suspend: true };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    const { metadata } = await untilReason(cluster, namespace, 'v1', 'Suspended');
    const name = `stowage-v1-${metadata.uid.slice(0, 8)}-1`;
    await apply(cluster, podOf({ name, namespace, image: cluster.busybox, script: 'sleep 600' }));
    await kubectl(cluster, ['patch', 'mv', 'v1', '--type=merge', '-p', '{"spec":{"suspend":false}}'], {
      namespace,
    });
    const done = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(done.status).toMatchObject({ attempts: 2 });
    await kubectl(cluster, ['get', 'pod', name], { namespace });
  });
});

async function filesOf(directory: string): Promise<Record<string, string>> {
  const entries = Object.entries(await readTree(directory));
  return Object.fromEntries(entries.filter(([, digest]) => digest !== 'directory'));
}

function parseDigests(log: string): Record<string, string> {
  const lines = log.trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(68), line.slice(0, 64)]));
}
