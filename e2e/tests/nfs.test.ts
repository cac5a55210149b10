import { appendFile, chmod, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { runStowage } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import { create, get, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { blockMounts, mountCalls, releaseMounts } from '../cluster/mount-helpers.ts';
import { startNfsServer, type NfsServer } from '../cluster/nfs-server.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  apply,
  conditionOf,
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  untilClean,
  untilReason,
  versionOf,
} from './support/versions.ts';

/* Models on a real NFS server, and what becomes of builds when it fails before, during and after the mount. */

const MIB = 1024 * 1024;
/** What is read of it is not over before a test can interfere. */
const LARGE = 512 * MIB;

describeCluster('models on an NFS server', ['registry', 'node', 'nfs'], (cluster) => {
  let root: string;
  let server: NfsServer;
  let controller: Controller;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-nfs-'));
    await chmod(root, 0o755);
    for (const name of ['models/bert/vocab', 'models/secret', 'closed/bert'])
      await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, 'models/bert/config.json'), '{"model_type":"bert"}\n');
    await writeFile(join(root, 'models/bert/vocab/words.txt'), 'a\nb\n');
    await writeFile(join(root, 'models/bert/weights.bin'), Buffer.alloc(64 * MIB, 'weights'));
    await writeFile(join(root, 'models/secret/weights.bin'), 'x', { mode: 0o600 });
    server = await startNfsServer(cluster, {
      exports: [
        { path: '/models', directory: join(root, 'models') },
        { path: '/closed', directory: join(root, 'closed'), clients: ['192.0.2.1'] },
      ],
    });
    await applyCrds(cluster);
    controller = await startController(cluster, {
      settings: {
        retries: { attempts: 8, firstDelay: 1, maxDelay: 2 },
        deadlines: { start: 25, storage: 10, lostNode: 5 },
      },
    });
  });
  afterAll(async () => {
    await controller.stop();
    await server.close();
    await rm(root, { recursive: true });
  });

  async function allow(namespace: string, mountOptions: string[] = ['timeo=20', 'retrans=1']): Promise<void> {
    const nfs = [
      { servers: [server.address], pathPrefixes: ['/models', '/closed', '/nowhere'], mountOptions },
    ];
    await create(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY], { nfs }));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    onTestFinished(async () => {
      await kubectl(cluster, ['delete', 'mv', '--all', '--timeout=60s'], { namespace });
      await untilClean(cluster);
    });
  }

  function versionOn(namespace: string, path: string, nfs: object = {}): KubeObject {
    const storage = { nfs: { server: server.address, path, ...nfs } };
    return versionOf(cluster, { name: 'v1', namespace, path: '', spec: { storage } });
  }

  /** Large files of no blocks: they are read over the network all the same. */
  async function largeModel(name: string): Promise<string> {
    const directory = join(root, 'models', name);
    await mkdir(directory);
    const file = await open(join(directory, 'weights.bin'), 'w');
    await file.truncate(LARGE);
    await file.close();
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  /** Comes back when a build has begun to read, and is far from its end. */
  async function untilReading(before: number): Promise<void> {
    await until({ what: 'the first bytes', timeoutMs: 60_000, everyMs: 20 }, async () => {
      return (await server.bytesRead('/models')) - before > MIB;
    });
  }

  it('become the image that they become on one machine, read once', async ({ namespace }) => {
    await kubectl(cluster, ['label', 'ns', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await allow(namespace, ['nfsvers=3']);
    const before = await server.bytesRead('/models');
    await apply(cluster, versionOn(namespace, '/models/bert'));
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    const { source = 0 } = status?.bytes ?? {};
    const read = (await server.bytesRead('/models')) - before;
    // The headers of files are read to know their formats.
    expect(read).toBeGreaterThanOrEqual(source);
    expect(read / source).toBeLessThan(1.005);
    const call = mountCalls(cluster.node).at(-1);
    expect(call?.source).toBe(`${server.address}:/models`);
    expect(call?.options.toSorted()).toEqual(
      ['nfsvers=3', 'retrans=2', 'retry=0', 'ro', 'soft', 'timeo=100'].toSorted(),
    );
    const layout = `oci:${join(await tempDir(), 'layout')}:v1`;
    const packed = await runStowage(['pack', join(root, 'models/bert'), '--to', layout, '-o', 'json']);
    expect((JSON.parse(packed.stdout) as { digest: string }).digest).toBe(status?.digest);
  });

  it('are read as KubeDL’s users declare them', async ({ namespace }) => {
    await allow(namespace);
    await apply(cluster, versionOn(namespace, '/models/bert/', { mountPath: '/kubedl/model/' }));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it.for([
    ['an export that is not there', '/nowhere', 'ExportNotFound'],
    ['an export that others may mount', '/closed/bert', 'MountDenied'],
    ['a directory that is not there', '/models/nowhere', 'PathNotFound'],
    ['a file that only root may read', '/models/secret', 'SourceUnreadable'],
    ['what no policy allows', '/exports', 'PolicyDenied'],
  ] as const)('with %s fail: %s', async ([, path, reason], { namespace }) => {
    // NFSv3 denies what is not exported, and NFSv4 hides what is denied.
    await allow(namespace, [reason === 'ExportNotFound' ? 'nfsvers=4.1' : 'nfsvers=3']);
    await apply(cluster, versionOn(namespace, path));
    const version = await untilReason(cluster, namespace, 'v1', reason);
    expect(conditionOf(version, 'Ready')?.message.length).toBeGreaterThan(20);
  });

  it('of a server that is down say so, and are built when it is up', async ({ namespace }) => {
    await allow(namespace);
    await server.stop();
    await apply(cluster, versionOn(namespace, '/models/bert'));
    const version = await untilReason(cluster, namespace, 'v1', 'ServerUnreachable').finally(() =>
      server.start(),
    );
    expect(conditionOf(version, 'Ready')?.message).toContain('does not answer');
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('of a server that hangs while it is mounted say so', async ({ namespace }) => {
    await allow(namespace);
    await server.pause();
    await apply(cluster, versionOn(namespace, '/models/bert'));
    await untilReason(cluster, namespace, 'v1', 'ServerUnreachable').finally(() => server.resume());
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('of a server that goes down while they are read say so, and are built when it is up', async ({
    namespace,
  }) => {
    await allow(namespace);
    await largeModel('large');
    const before = await server.bytesRead('/models');
    await apply(cluster, versionOn(namespace, '/models/large'));
    await untilReading(before);
    await server.stop();
    await untilReason(cluster, namespace, 'v1', 'ServerUnreachable').finally(() => server.start());
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('of a server that goes down once they are read leave nothing behind', async ({ namespace }) => {
    await allow(namespace);
    await apply(cluster, versionOn(namespace, '/models/bert'));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
    await server.stop();
    await untilClean(cluster).finally(() => server.start());
  });

  it('that change while they are read fail', async ({ namespace }) => {
    await allow(namespace);
    const directory = await largeModel('changing');
    const before = await server.bytesRead('/models');
    await apply(cluster, versionOn(namespace, '/models/changing'));
    await untilReading(before);
    await appendFile(join(directory, 'weights.bin'), 'more');
    await untilReason(cluster, namespace, 'v1', 'ArtifactChanged');
  });

  it('that are taken away while they are read are stale', async ({ namespace }) => {
    await allow(namespace);
    const directory = await largeModel('going');
    const before = await server.bytesRead('/models');
    await apply(cluster, versionOn(namespace, '/models/going'));
    await untilReading(before);
    // A server that runs goes on with what it has open.
    await server.stop();
    await rm(directory, { recursive: true });
    await server.start();
    const version = await untilReason(cluster, namespace, 'v1', 'StaleHandle');
    expect(version.status?.digest).toBeUndefined();
  });

  it('whose mount never ends are given up, and the node builds others meanwhile', async ({ namespace }) => {
    await allow(namespace);
    const local = await modelFolder();
    onTestFinished(() => local.remove());
    const calls = mountCalls(cluster.node).length;
    await blockMounts(cluster.node);
    try {
      await apply(cluster, versionOn(namespace, '/models/bert'));
      await until({ what: 'the mount', timeoutMs: 30_000 }, () => mountCalls(cluster.node).length > calls);
      await apply(cluster, versionOf(cluster, { name: 'local', namespace, path: local.path }));
      await untilReason(cluster, namespace, 'local', 'Succeeded');
      await untilReason(cluster, namespace, 'v1', 'Timeout', 'MountFailed');
      await kubectl(cluster, ['delete', 'mv', '--all', '--timeout=60s'], { namespace });
      await untilClean(cluster);
    } finally {
      await releaseMounts(cluster.node);
    }
    // The kubelet goes on where it was held up.
    await apply(cluster, versionOn(namespace, '/models/bert'));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('leave no mount on the node', async () => {
    await until({ what: 'all mounts to be gone', timeoutMs: 60_000 }, async () => {
      const { items } = await get<{ items: unknown[] }>(cluster, ['pv']);
      return items.length === 0;
    });
  });
});
