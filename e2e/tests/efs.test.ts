import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { startEfsDriver, type EfsDriver } from '../cluster/efs-driver.ts';
import { create, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { blockMounts, releaseMounts } from '../cluster/mount-helpers.ts';
import { startNfsServer, type NfsServer } from '../cluster/nfs-server.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import { apply, conditionOf, policyFor, untilClean, untilReason, versionOf } from './support/versions.ts';

/* Models on AWS EFS, mounted by its real CSI driver. */

const FS = 'fs-0123456789abcdef0';
const CLOSED = 'fs-0c105ed0000000000';
const UNKNOWN = 'fs-0deadbeef00000000';
const AP = 'fsap-0123456789abcdef0';
const OPTIONS = ['ro', 'soft', 'timeo=100', 'retrans=2', 'retry=0'];

describeCluster('models on AWS EFS', ['registry', 'node', 'nfs', 'efs'], (cluster) => {
  let root: string;
  let nfs: NfsServer;
  let driver: EfsDriver;
  let controller: Controller;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-efs-'));
    await chmod(root, 0o755);
    for (const name of ['fs/models/bert', 'ap/models/bert', 'closed'])
      await mkdir(join(root, name), { recursive: true });
    for (const name of ['fs', 'fs/models', 'fs/models/bert', 'ap', 'ap/models', 'ap/models/bert'])
      await writeFile(join(root, name, 'name.txt'), `${name}\n`);
    await writeFile(join(root, 'fs/models/secret.txt'), 'x', { mode: 0o600 });
    nfs = await startNfsServer(cluster, {
      exports: [
        { path: `/${FS}`, directory: join(root, 'fs') },
        { path: `/${AP}`, directory: join(root, 'ap') },
        { path: `/${CLOSED}`, directory: join(root, 'closed'), clients: ['192.0.2.1'] },
      ],
    });
    driver = await startEfsDriver(cluster, nfs);
    await applyCrds(cluster);
    controller = await startController(cluster, {
      settings: {
        retries: { attempts: 8, firstDelay: 1, maxDelay: 1 },
        deadlines: { start: 40, storage: 10, lostNode: 5 },
      },
    });
  });
  afterAll(async () => {
    await controller.stop();
    await driver.remove();
    await nfs.close();
    await rm(root, { recursive: true });
  });

  async function allow(namespace: string, more: object = {}): Promise<void> {
    const AWSEfs = [{ fileSystemIds: [FS, CLOSED, UNKNOWN], ...more }];
    await create(cluster, policyFor(cluster, namespace, [], { localStorage: [], AWSEfs }));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    onTestFinished(async () => {
      await kubectl(cluster, ['delete', 'mv', '--all', '--timeout=60s'], { namespace });
      await untilClean(cluster);
    });
  }

  function versionOn(
    namespace: string,
    volumeHandle: string,
    attributes?: Record<string, string>,
  ): KubeObject {
    const storage = { AWSEfs: { volumeHandle, ...(attributes && { attributes }) } };
    return versionOf(cluster, { name: 'v1', namespace, path: '', spec: { storage } });
  }

  async function sizeOf(namespace: string): Promise<number | undefined> {
    return (await untilReason(cluster, namespace, 'v1', 'Succeeded')).status?.bytes?.source;
  }

  it.for<[handle: string, prefix: string | undefined, mounted: string, lines: string[]]>([
    [`${FS}:/models/bert`, '/models/bert', `${FS}:/models/bert`, ['fs/models/bert']],
    [`${FS}:/models/bert`, '/models', `${FS}:/models`, ['fs/models/bert']],
    [`${FS}:/models/bert/`, undefined, `${FS}:/`, ['fs/models/bert']],
    [`${FS}::${AP}`, undefined, `${FS}:/`, ['ap', 'ap/models', 'ap/models/bert']],
    [`${FS}:/models/bert:${AP}`, '/models/bert', `${FS}:/models/bert`, ['ap/models/bert']],
  ])('%s below %s are read', async ([handle, prefix, mounted, lines], { namespace }) => {
    await kubectl(cluster, ['label', 'ns', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await allow(namespace, {
      ...(prefix === undefined ? {} : { pathPrefixes: [prefix] }),
      ...(handle.endsWith(AP) ? { accessPointIds: [AP] } : {}),
    });
    await apply(cluster, versionOn(namespace, handle));
    expect(await sizeOf(namespace)).toBe(lines.reduce((sum, line) => sum + line.length + 1, 0));
    const mount = driver.mounts().at(-1);
    expect(mount?.source).toBe(mounted);
    const accessPoint = handle.endsWith(AP) ? [`accesspoint=${AP}`] : [];
    expect(mount?.options.toSorted()).toEqual([...OPTIONS, 'tls', ...accessPoint].toSorted());
  });

  it.for<[attributes: Record<string, string>, option: string, is: boolean]>([
    [{ encryptInTransit: 'true' }, 'tls', true],
    [{ encryptInTransit: 'false' }, 'tls', false],
    [{ ENCRYPTINTRANSIT: 'false' }, 'tls', false],
    [{ mounttargetip: '198.51.100.7' }, 'mounttargetip=198.51.100.7', true],
    [{ crossaccount: 'true' }, 'crossaccount', true],
  ])('with %o are mounted with %s: %s', async ([attributes, option, is], { namespace }) => {
    const isUnencrypted = Object.values(attributes).includes('false');
    await allow(namespace, {
      mountTargetIps: ['198.51.100.7'],
      ...(isUnencrypted ? { allowUnencrypted: true } : {}),
    });
    await apply(cluster, versionOn(namespace, `${FS}:/models/bert`, attributes));
    await sizeOf(namespace);
    expect(driver.mounts().at(-1)?.options.includes(option)).toBe(is);
  });

  it.for([
    ['a file system that there is not', `${UNKNOWN}:/`, 'ServerUnreachable', UNKNOWN],
    ['a file system that may not be mounted', `${CLOSED}:/`, 'MountDenied', 'access denied'],
    ['a directory that is not there', `${FS}:/models/gpt`, 'PathNotFound', ''],
    ['files that only their owner may read', `${FS}:/models`, 'SourceUnreadable', 'uid 65532'],
  ] as const)('of %s say so: %s, %s', async ([, handle, reason, words], { namespace }) => {
    await allow(namespace);
    await apply(cluster, versionOn(namespace, handle));
    const version = await untilReason(cluster, namespace, 'v1', reason);
    expect(conditionOf(version, 'Ready')?.message).toContain(words);
  });

  it('with a handle or an attribute that the driver would refuse do not get past the API server', async ({
    namespace,
  }) => {
    for (const object of [
      versionOn(namespace, 'fs-xyz'),
      versionOn(namespace, `efs:${FS}`),
      versionOn(namespace, `${FS}:models`),
      versionOn(namespace, `${FS}:/models:ap-1`),
      versionOn(namespace, FS, { az: 'us-east-1a' }),
      versionOn(namespace, FS, { encryptInTransit: 'yes' }),
    ])
      await expect(apply(cluster, object)).rejects.toThrow('AWSEfs');
  });

  it('wait for a driver that crashes while it mounts', async ({ namespace }) => {
    await allow(namespace);
    await driver.crash();
    await apply(cluster, versionOn(namespace, `${FS}:/models/bert`));
    const version = await untilReason(cluster, namespace, 'v1', 'MountFailed').finally(() =>
      driver.restart(),
    );
    expect(conditionOf(version, 'Ready')?.message).toContain('driver');
    await sizeOf(namespace);
  });

  it('survive a driver that crashes in the middle of a mount', async ({ namespace }) => {
    await allow(namespace);
    const calls = driver.mounts().length;
    await blockMounts(cluster.node);
    try {
      await apply(cluster, versionOn(namespace, `${FS}:/models/bert`));
      await until({ what: 'the mount', timeoutMs: 30_000 }, () => driver.mounts().length > calls);
      await driver.crash();
    } finally {
      await releaseMounts(cluster.node);
      await driver.restart();
    }
    await sizeOf(namespace);
  });

  it('say that the driver runs on no node, before there is a pod', async ({ namespace }) => {
    await allow(namespace);
    await driver.leaveNode();
    try {
      await apply(cluster, versionOn(namespace, `${FS}:/models/bert`));
      const version = await untilReason(cluster, namespace, 'v1', 'DriverMissing');
      expect(conditionOf(version, 'Ready')?.message).toContain('runs on no node');
      expect(version.status?.builderPod).toBeUndefined();
    } finally {
      await driver.restart();
    }
    await sizeOf(namespace);
  });

  it('say that the driver is not installed, before there is a pod', async ({ namespace }) => {
    await allow(namespace);
    await driver.remove();
    await apply(cluster, versionOn(namespace, `${FS}:/models/bert`));
    const version = await untilReason(cluster, namespace, 'v1', 'DriverMissing');
    expect(conditionOf(version, 'Ready')?.message).toContain('is not installed');
    expect(version.status?.builderPod).toBeUndefined();
  });
});
