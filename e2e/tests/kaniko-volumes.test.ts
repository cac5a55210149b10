import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { startEfsDriver, type EfsDriver } from '../cluster/efs-driver.ts';
import type { KubeObject } from '../cluster/kubectl.ts';
import { mountCalls } from '../cluster/mount-helpers.ts';
import { startNfsServer, type NfsServer } from '../cluster/nfs-server.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, type Controller } from './support/controller.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import { digestIn, filesCopied, filesMounted, filesOf, pinned } from './support/read-image.ts';
import { apply, conditionOf, untilClean, untilReason, versionOf } from './support/versions.ts';

/* Models on NFS and on EFS, built by Kaniko: what is mounted for it is what is mounted for the builder stream. */

const FS = 'fs-0123456789abcdef0';
const MIB = 1024 * 1024;

describeCluster('Kaniko reads', ['busybox', 'registry', 'node', 'kaniko', 'nfs', 'efs'], (cluster) => {
  let root: string;
  let server: NfsServer;
  let driver: EfsDriver;
  let controller: Controller;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-kaniko-volumes-'));
    await chmod(root, 0o755);
    for (const name of ['models/bert/vocab', 'fs/models/bert', 'squashed/bert'])
      await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, 'models/bert/config.json'), '{"model_type":"bert"}\n');
    await writeFile(join(root, 'models/bert/vocab/words.txt'), 'a\nb\n');
    await writeFile(join(root, 'models/bert/weights.bin'), Buffer.alloc(8 * MIB, 'weights'));
    await writeFile(join(root, 'fs/models/bert/weights.bin'), 'on EFS');
    await writeFile(join(root, 'squashed/bert/weights.bin'), 'x', { mode: 0o600 });
    server = await startNfsServer(cluster, {
      exports: [
        { path: '/models', directory: join(root, 'models') },
        { path: '/squashed', directory: join(root, 'squashed'), squash: 'root' },
        { path: `/${FS}`, directory: join(root, 'fs') },
      ],
    });
    driver = await startEfsDriver(cluster, server);
    await applyCrds(cluster);
    const retries = { attempts: 2, firstDelay: 1, maxDelay: 1 };
    controller = await startKanikoController(cluster, { settings: { retries } });
  });
  afterAll(async () => {
    await controller.stop();
    await driver.remove();
    await server.close();
    await rm(root, { recursive: true });
  });

  function versionOn(namespace: string, storage: object, spec: object = {}): KubeObject {
    return versionOf(cluster, { name: 'v1', namespace, path: '', spec: { storage, ...spec } });
  }

  function allow(namespace: string): Promise<void> {
    const nfs = [{ servers: [server.address], pathPrefixes: ['/models', '/squashed'] }];
    return allowKaniko(cluster, namespace, { nfs, AWSEfs: [{ fileSystemIds: [FS] }] });
  }

  it.for<[where: string, storage: () => object, directory: string, bytes: number]>([
    ['an NFS server', () => nfs('/models/bert'), 'models/bert', 8 * MIB + 26],
    ['AWS EFS', () => ({ AWSEfs: { volumeHandle: `${FS}:/models/bert` } }), 'fs/models/bert', 6],
  ])('a model on %s, and makes an image of it', async ([, storage, directory, bytes], { namespace }) => {
    await allow(namespace);
    const base = await pinned(cluster, cluster.busybox);
    await apply(cluster, versionOn(namespace, storage(), { base }));
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(status).toMatchObject({ builder: 'kaniko', bytes: { source: bytes } });
    expect(status?.digest).toBe(await digestIn(cluster, `${namespace}/bert`, 'v1'));
    expect(mountCalls(cluster.node).at(-1)?.options).toContain('ro');
    await untilClean(cluster);
    const expected = await filesOf(join(root, directory));
    expect(await filesMounted(cluster, namespace, status?.image ?? '')).toEqual(expected);
    expect(await filesCopied(cluster, namespace, status?.image ?? '')).toEqual(expected);
  });

  it('nothing that an NFS server keeps from root, and says so', async ({ namespace }) => {
    await allow(namespace);
    await apply(cluster, versionOn(namespace, nfs('/squashed/bert')));
    const version = await untilReason(cluster, namespace, 'v1', 'SourceUnreadable');
    const message = conditionOf(version, 'Ready')?.message ?? '';
    expect(message).toContain('weights.bin');
    // What helps the builder stream is refused to Kaniko.
    expect(message).not.toContain('runAsUser');
  });

  it('a directory that is not there as one that is not there', async ({ namespace }) => {
    await allow(namespace);
    await apply(cluster, versionOn(namespace, nfs('/models/gpt')));
    await untilReason(cluster, namespace, 'v1', 'PathNotFound');
  });

  function nfs(path: string): object {
    return { nfs: { server: server.address, path } };
  }
});
