import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { create, kubectl } from '../cluster/kubectl.ts';
import { blockMounts, mountCalls, releaseMounts } from '../cluster/mount-helpers.ts';
import { startNfsServer, type NfsServer } from '../cluster/nfs-server.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { bindNfsVolume, failedMounts, mountFailure } from './support/nfs-volume.ts';
import { podOf, runPod, type Pod, type PodEnd } from './support/pods.ts';

/** A server that has gone is missed soon. */
const OPTIONS = ['ro', 'soft', 'timeo=10', 'retrans=1', 'retry=0'];
const BYTES = 3_000_000;

describeCluster('a volume of NFS', ['busybox', 'node', 'nfs'], (cluster) => {
  let directory: string;
  let server: NfsServer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stowage-nfs-'));
    await chmod(directory, 0o755);
    for (const name of ['models', 'closed']) await mkdir(join(directory, name));
    await writeFile(join(directory, 'models/config.json'), '{"is": "the model"}\n');
    await writeFile(join(directory, 'models/weights.bin'), 'x'.repeat(BYTES));
    await writeFile(join(directory, 'models/secret'), 'for root\n', { mode: 0o600 });
    server = await startNfsServer(cluster, {
      exports: [
        { path: '/models', directory: join(directory, 'models') },
        { path: '/squashed', directory: join(directory, 'models'), squash: 'root' },
        { path: '/closed', directory: join(directory, 'closed'), clients: ['192.0.2.1'] },
      ],
    });
  });

  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  const reader = (namespace: string, claimName: string, script: string): Pod => ({
    ...{ name: 'reader', namespace, image: cluster.busybox, script: `{ ${script}; } 2>&1` },
    volumes: [{ name: 'model', persistentVolumeClaim: { claimName } }],
    mounts: [{ name: 'model', mountPath: '/model' }],
  });
  const bind = (namespace: string, path: string, options: readonly string[] = OPTIONS): Promise<string> =>
    bindNfsVolume(cluster, namespace, { server: server.address, path }, options);
  const read = async (namespace: string, path: string, script: string): Promise<PodEnd> =>
    runPod(cluster, reader(namespace, await bind(namespace, path), script));
  const failureOf = async (namespace: string, path: string, options = OPTIONS): Promise<string> => {
    await create(cluster, podOf(reader(namespace, await bind(namespace, path, options), 'true')));
    return mountFailure(cluster, namespace, /mount\.nfs/);
  };

  it('is read, to the last byte, as its options say, and cannot be written', async ({ namespace }) => {
    const before = await server.bytesRead('/models');
    const script =
      'cat /model/config.json; sha256sum </model/weights.bin; cat /model/secret; grep /model /proc/mounts; touch /model/new';
    const { log, phase } = await read(namespace, '/models', script);
    const lines = log.trim().split('\n');
    expect(phase).toBe('Failed');
    expect(lines).toEqual([
      '{"is": "the model"}',
      expect.stringMatching(/^[0-9a-f]{64} /),
      'for root',
      expect.stringMatching(new RegExp(`^${server.address}:/models /model fuse.nfs ro,`)),
      expect.stringContaining('Read-only file system'),
    ]);
    expect((await server.bytesRead('/models')) - before).toBe(BYTES + 20 + 9);
    const call = mountCalls(cluster.node).at(-1);
    expect(call).toMatchObject({ helper: 'nfs', source: `${server.address}:/models` });
    expect(call?.options).toEqual(expect.arrayContaining(OPTIONS));
  });

  it('is read as nobody by root where the server squashes it', async ({ namespace }) => {
    const { log } = await read(namespace, '/squashed', 'cat /model/config.json /model/secret');
    expect(log).toMatch(/the model[^]*secret.*Permission denied/);
  });

  // As of other servers: only version 4 tells what it does not export from what it does not let be mounted.
  it.for<[path: string, options: string[], says: string]>([
    ['/models/nowhere', [], 'is not there'],
    ['/nowhere', ['nfsvers=4.1'], 'is not there'],
    ['/closed', ['nfsvers=4.1'], 'is not there'],
    ['/nowhere', [], 'is denied'],
    ['/closed', [], 'is denied'],
    ['/models/nowhere', ['nfsvers=3'], 'is denied'],
  ])('%s that cannot be mounted, with %j, %s', async ([path, options, says], { namespace }) => {
    const source = `${server.address}:${path}`;
    expect(await failureOf(namespace, path, [...OPTIONS, ...options])).toContain(
      says === 'is denied'
        ? `mount.nfs: access denied by server while mounting ${source}`
        : `mount.nfs: mounting ${source} failed, reason given by server: No such file or directory`,
    );
  });

  it('with an option that does not exist is said to have it', async ({ namespace }) => {
    expect(await failureOf(namespace, '/models', [...OPTIONS, 'sofd'])).toContain(
      'mount.nfs: an incorrect mount option was specified',
    );
  });

  it('of a server that has no address is said to have none', async ({ namespace }) => {
    const claim = await bindNfsVolume(
      cluster,
      namespace,
      { server: 'nas.invalid', path: '/models' },
      OPTIONS,
    );
    await create(cluster, podOf(reader(namespace, claim, 'true')));
    expect(await mountFailure(cluster, namespace, /mount\.nfs/)).toContain(
      'mount.nfs: Failed to resolve server nas.invalid: Name or service not known',
    );
  });

  it('is stale where the directory that is read is removed', async ({ namespace }) => {
    const gone = join(directory, 'models/gone');
    await mkdir(gone);
    const script = 'cd /model/gone; echo there; until ! ls -d . >/dev/null; do :; done';
    const reading = read(namespace, '/models', script);
    const said = (): Promise<string> => kubectl(cluster, ['logs', 'reader'], { namespace });
    await until({ what: 'the pod', timeoutMs: 30_000 }, async () => (await said()).includes('there'));
    await rm(gone, { recursive: true });
    expect((await reading).log).toContain('Stale file handle');
  });

  it('of a server that does not answer is tried until its time is over', async ({ namespace }) => {
    await server.pause();
    const failure = await failureOf(namespace, '/models').finally(() => server.resume());
    expect(failure).toContain('mount.nfs: Connection timed out');
  });

  it('of a server that has gone fails, being read and being mounted, until the server is back', async ({
    namespace,
  }) => {
    const before = await server.bytesRead();
    const script =
      'cat /model/config.json; until ! cat /model/config.json >/dev/null; do :; done; until cat /model/config.json; do :; done';
    const claim = await bind(namespace, '/models');
    const reading = runPod(cluster, reader(namespace, claim, script));
    await until({ what: 'a read', timeoutMs: 60_000 }, async () => (await server.bytesRead()) > before);
    await server.stop();
    await create(cluster, podOf({ ...reader(namespace, claim, 'true'), name: 'late' }));
    const failure = await mountFailure(cluster, namespace, /mount\.nfs/);
    const said = (): Promise<string> => kubectl(cluster, ['logs', 'reader'], { namespace });
    await until({ what: 'a read to fail', timeoutMs: 30_000 }, async () => /error/.test(await said()));
    await server.start();
    expect(failure).toContain('mount.nfs: Connection refused');
    const { log } = await reading;
    expect(log).toMatch(/Input\/output error/);
    expect(log.trim()).toMatch(/the model"\}$/);
    expect(await server.bytesRead()).toBeGreaterThan(before);
  });

  it('that blocks while being mounted leaves its pod waiting, and nothing is said', async ({ namespace }) => {
    const calls = mountCalls(cluster.node).length;
    await blockMounts(cluster.node);
    const end = read(namespace, '/models', 'cat /model/config.json');
    await until({ what: 'the mount', timeoutMs: 30_000 }, () => mountCalls(cluster.node).length > calls);
    expect(await failedMounts(cluster, namespace)).toEqual([]);
    await releaseMounts(cluster.node);
    expect((await end).log).toContain('the model');
  });
});
