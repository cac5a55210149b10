import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { isRegistered, startEfsDriver, type EfsDriver } from '../cluster/efs-driver.ts';
import { create, kubectl } from '../cluster/kubectl.ts';
import { startNfsServer, type NfsServer } from '../cluster/nfs-server.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { bindEfsVolume } from './support/efs-volume.ts';
import { failedMounts, mountFailure } from './support/nfs-volume.ts';
import { podOf, runPod, type Pod } from './support/pods.ts';

const FS = 'fs-0123456789abcdef0';
const CLOSED = 'fs-0c105ed0000000000';
const UNKNOWN = 'fs-0deadbeef00000000';
const AP = 'fsap-0123456789abcdef0';

describeCluster('a volume of AWS EFS', ['busybox', 'node', 'nfs', 'efs'], (cluster) => {
  let directory: string;
  let nfs: NfsServer;
  let driver: EfsDriver;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stowage-efs-'));
    await chmod(directory, 0o755);
    for (const name of ['fs/models', 'ap/models', 'closed']) {
      await mkdir(join(directory, name), { recursive: true });
    }
    for (const name of ['fs', 'fs/models', 'ap', 'ap/models']) {
      await writeFile(join(directory, name, 'name'), `${name}\n`);
    }
    nfs = await startNfsServer(cluster, {
      exports: [
        { path: `/${FS}`, directory: join(directory, 'fs') },
        { path: `/${AP}`, directory: join(directory, 'ap') },
        { path: `/${CLOSED}`, directory: join(directory, 'closed'), clients: ['192.0.2.1'] },
      ],
    });
    driver = await startEfsDriver(cluster, nfs);
  });

  afterAll(async () => {
    await driver.remove();
    await nfs.close();
    await rm(directory, { recursive: true });
  });

  const reader = async (namespace: string, volumeHandle: string, options?: string[]): Promise<Pod> => ({
    ...{ name: 'reader', namespace, image: cluster.busybox, script: 'cat /model/name' },
    volumes: [
      {
        name: 'model',
        persistentVolumeClaim: {
          claimName: await bindEfsVolume(cluster, namespace, { volumeHandle }, options),
          readOnly: true,
        },
      },
    ],
    mounts: [{ name: 'model', mountPath: '/model' }],
  });
  const failureOf = async (namespace: string, volumeHandle: string, like: RegExp): Promise<string> => {
    await create(cluster, podOf(await reader(namespace, volumeHandle)));
    return mountFailure(cluster, namespace, like);
  };

  it.for<[handle: string, content: string, source: string, options: string[]]>([
    [FS, 'fs', `${FS}:/`, []],
    [`${FS}:/models`, 'fs/models', `${FS}:/models`, []],
    [`${FS}::${AP}`, 'ap', `${FS}:/`, [`accesspoint=${AP}`]],
    [`${FS}:/models:${AP}`, 'ap/models', `${FS}:/models`, [`accesspoint=${AP}`]],
  ])('%s is read', async ([handle, content, source, options], { namespace }) => {
    const { log } = await runPod(cluster, await reader(namespace, handle, ['soft', 'retry=0']));
    expect(log).toBe(`${content}\n`);
    const mount = driver.mounts().at(-1);
    expect(mount).toMatchObject({ helper: 'efs', source });
    expect(mount?.options).toEqual(expect.arrayContaining([...options, 'tls', 'soft', 'retry=0', 'ro']));
  });

  it('of a file system that there is not cannot be resolved', async ({ namespace }) => {
    const failure = await failureOf(namespace, UNKNOWN, /Failed to resolve/);
    expect(failure).toContain(
      `Failed to resolve "${UNKNOWN}.efs.us-east-1.amazonaws.com" - check that your file system ID is correct`,
    );
  });

  it('of a file system whose policy does not allow it is denied', async ({ namespace }) => {
    expect(await failureOf(namespace, CLOSED, /mount\.nfs4/)).toContain(
      'mount.nfs4: access denied by server while mounting 127.0.0.1:/',
    );
  });

  it('of a directory that is not there is said not to be', async ({ namespace }) => {
    expect(await failureOf(namespace, `${FS}:/nowhere`, /mount\.nfs4/)).toContain(
      'mount.nfs4: mounting 127.0.0.1:/nowhere failed, reason given by server: No such file or directory',
    );
  });

  it('waits for a driver that has crashed', async ({ namespace }) => {
    await driver.crash();
    const failure = await failureOf(namespace, FS, /csi\.sock/).finally(() => driver.restart());
    expect(failure).toContain('rpc error: code = Unavailable');
    await kubectl(cluster, ['wait', 'pod/reader', '--for=jsonpath={.status.phase}=Succeeded'], { namespace });
  });

  it('is not mounted where the driver is not, until it is', async ({ namespace }) => {
    await driver.leaveNode();
    expect(await isRegistered(cluster)).toBe(false);
    const failure = await failureOf(namespace, FS, /driver name/).finally(() => driver.restart());
    expect(failure).toContain('driver name efs.csi.aws.com not found in the list of registered CSI drivers');
    await kubectl(cluster, ['wait', 'pod/reader', '--for=jsonpath={.status.phase}=Succeeded'], { namespace });
  });

  it('waits in silence where nobody knows the driver, of which nothing is left', async ({ namespace }) => {
    await driver.remove();
    expect(await isRegistered(cluster)).toBe(false);
    expect(await kubectl(cluster, ['get', 'csidrivers', '-o', 'name'])).toBe('');
    await create(cluster, podOf(await reader(namespace, FS)));
    // Without its object every driver is one that attaches, and of those one that is not there is waited for.
    const attachments = (): Promise<string> => kubectl(cluster, ['get', 'volumeattachments', '-o', 'name']);
    await until({ what: 'an attachment', timeoutMs: 30_000 }, async () => (await attachments()) !== '');
    expect(await failedMounts(cluster, namespace)).toEqual([]);
    await kubectl(cluster, ['delete', 'volumeattachments', '--all', '--wait=false']);
  });
});
