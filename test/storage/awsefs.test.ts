import { describe, expect, it } from 'vitest';
import type { PersistentVolume } from '../../src/kube/core.ts';
import { efsOn } from '../../src/storage/efs-here.ts';
import { tunnelsOf } from '../../src/storage/efs-tunnels.ts';
import { storageInCluster } from '../../src/storage/kinds.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { fakeMachine } from './fake-machine.ts';

const FS = 'fs-0123456789abcdef0';
const AP = 'fsap-0123456789abcdef0';
const never = new AbortController().signal;
const context = { node: undefined, prefix: undefined, mountOptions: [] };

function inCluster(volumeHandle: string, attributes?: Record<string, string>) {
  const storage = storageInCluster({
    AWSEfs: { volumeHandle, ...(attributes === undefined ? {} : { attributes }) },
  });
  if (storage.by !== 'volume') throw new Error('a volume is expected');
  return storage;
}

function madeOf(source: Readonly<Record<string, unknown>>): PersistentVolume {
  return { metadata: { name: 'stowage-bert' }, spec: source } as unknown as PersistentVolume;
}

describe('AWSEfs in a cluster', () => {
  it('is a volume of its CSI driver, which refuses ReadOnlyMany', () => {
    const storage = inCluster(`${FS}:/bert/:${AP}`, { encryptInTransit: 'true' });
    expect({ driver: storage.driver, node: storage.nodeName(), ...storage.volume(context) }).toEqual({
      ...{ driver: 'efs.csi.aws.com', node: undefined, nodes: undefined },
      // A server that does not answer ends the build.
      mountOptions: ['soft', 'timeo=100', 'retrans=2', 'retry=0'],
      source: {
        csi: {
          driver: 'efs.csi.aws.com',
          volumeHandle: `${FS}:/bert:${AP}`,
          readOnly: true,
          volumeAttributes: { encryptInTransit: 'true' },
        },
      },
      accessModes: ['ReadWriteMany'],
    });
  });

  it.each([
    [FS, '/', FS, undefined],
    [`${FS}:/teams/a/bert`, '/teams/a', `${FS}:/teams/a`, 'bert'],
    [`${FS}:/teams/a`, '/teams/a', `${FS}:/teams/a`, undefined],
    [`${FS}:/bert:${AP}`, '/', `${FS}::${AP}`, 'bert'],
    [`${FS}::${AP}`, '/', `${FS}::${AP}`, undefined],
  ])('of %s, with %s allowed, is the volume %s and of it %j', (handle, prefix, volumeHandle, subPath) => {
    const storage = inCluster(handle);
    const { source } = storage.volume({ ...context, prefix });
    expect(source).toEqual({ csi: { driver: 'efs.csi.aws.com', volumeHandle, readOnly: true } });
    expect(storage.subPath(madeOf(source))).toBe(subPath);
  });

  it.each([
    ['of another file system', { csi: { volumeHandle: 'fs-99999999:/' } }],
    ['of another access point', { csi: { volumeHandle: `${FS}::fsap-99999999` } }],
    ['of another directory', { csi: { volumeHandle: `${FS}:/other:${AP}` } }],
    ['of another kind', { nfs: { path: '/' } }],
  ])("does not take somebody else's volume %s", (_, source) => {
    expect(() => inCluster(`${FS}:/bert:${AP}`).subPath(madeOf(source))).toThrow(
      expect.objectContaining({ code: 'VolumeLost' }) as Error,
    );
  });

  it('has no mount options but its own', () => {
    const { mountOptions } = inCluster(FS).volume({ ...context, mountOptions: ['iam', 'rw'] });
    expect(mountOptions).toEqual(['soft', 'timeo=100', 'retrans=2', 'retry=0']);
  });
});

const ROOT = '1 0 0:1 / / rw - ext4 /dev/sda rw';
const TUNNEL = 'rw,vers=4.1,port=20449,addr=127.0.0.1';

describe('AWSEfs on one machine', () => {
  it.each([
    ['by its name', `nfs4 ${FS}.efs.eu-west-1.amazonaws.com:/ rw,vers=4.1`, FS],
    ['by the name of a zone', `nfs4 us-east-1a.${FS}.efs.us-east-1.amazonaws.com:/ rw`, FS],
    ['in China', `nfs4 ${FS}.efs.cn-north-1.amazonaws.com.cn:/ rw`, FS],
    ['as mount.efs was called', `efs ${FS}:/ rw`, FS],
    ['by an access point in its options', `efs ${FS}:/ rw,accesspoint=${AP}`, `${FS}::${AP}`],
  ])('is where it is mounted %s', async (_, line, volumeHandle) => {
    const at = await tempDir();
    const machine = fakeMachine({ mountinfo: [ROOT, `2 1 0:2 / ${at} rw - ${line}`] });
    const source = await efsOn(machine).open({ volumeHandle }, never);
    expect(source.directory).toBe(at);
    await source.close();
    expect(machine.calls).toEqual([]);
  });

  it.each([
    ['a file system', FS, `${FS}.mnt.efs.20449`, '{"pid": 7}'],
    ['an access point', `${FS}::${AP}`, `${FS}.mnt.efs.20449`, JSON.stringify({ accessPoint: AP })],
    ['one mounted at /', FS, `${FS}..20449`, '{}'],
  ])('is where %s is mounted through a tunnel', async (_, volumeHandle, name, state) => {
    const at = await tempDir();
    const machine = fakeMachine({
      mountinfo: [ROOT, `2 1 0:2 / ${at} rw - nfs4 127.0.0.1:/ ${TUNNEL}`],
      efsStates: { [name]: state, [`${FS}.mnt.other.20500`]: '{}' },
    });
    expect((await efsOn(machine).open({ volumeHandle }, never)).directory).toBe(at);
  });

  it.each([
    ['another file system', `nfs4 fs-99999999.efs.eu-west-1.amazonaws.com:/ rw`, FS],
    [
      'the file system without the access point',
      `nfs4 ${FS}.efs.eu-west-1.amazonaws.com:/ rw`,
      `${FS}::${AP}`,
    ],
    ['a tunnel to nobody knows where', `nfs4 127.0.0.1:/ rw,port=1`, FS],
    ['a tunnel by an access point', `nfs4 127.0.0.1:/ ${TUNNEL}`, FS],
    ['a host that is only called like it', `nfs4 ${FS}.example.com:/ rw`, FS],
  ])('is not where %s is mounted', async (_, line, volumeHandle) => {
    const machine = fakeMachine({
      mountinfo: [ROOT, `2 1 0:2 / /mnt rw - ${line}`],
      efsStates: { [`${FS}.mnt.20449`]: JSON.stringify({ accessPoint: AP }) },
      mayMount: false,
    });
    await expect(efsOn(machine).open({ volumeHandle }, never)).rejects.toMatchObject({
      code: 'StorageUnsupported',
    });
  });

  it.each([
    [FS, {}, 'ro,tls', `${FS}:/`],
    [`${FS}:/bert:${AP}`, {}, `ro,tls,accesspoint=${AP}`, `${FS}:/bert`],
    [`${FS}:/bert`, { encryptInTransit: 'false' }, 'ro', `${FS}:/bert`],
    [`${FS}::${AP}`, { encryptintransit: 'FALSE' }, `ro,tls,accesspoint=${AP}`, `${FS}:/`],
    [FS, { mountTargetIp: '10.0.0.7', crossaccount: 'false' }, 'ro,tls,mounttargetip=10.0.0.7', `${FS}:/`],
    [FS, { crossaccount: 'true' }, 'ro,tls,crossaccount', `${FS}:/`],
  ])('of %s with %j is mounted with %s', async (volumeHandle, attributes, options, what) => {
    const machine = fakeMachine();
    const source = await efsOn(machine).open({ volumeHandle, attributes }, never);
    expect(machine.calls).toEqual([
      `mount -t efs -o ${options},soft,timeo=100,retrans=2,retry=0 ${what} ${source.directory}`,
    ]);
    await source.close();
    expect(machine.left.size).toBe(0);
  });

  it('says what to install where nothing mounts it', async () => {
    const machine = fakeMachine({ helpers: ['nfs'] });
    expect(await rejectionOf(efsOn(machine).open({ volumeHandle: `${FS}:/bert` }, never))).toMatchObject({
      code: 'StorageUnsupported',
      message: `${FS}:/bert is not mounted on this machine, and there is no program that mounts it (mount.efs)`,
      hint: expect.stringMatching(
        /sudo mount -t efs -o ro,tls\S* \S+ DIRECTORY\. Or .* root, with amazon-efs-utils/,
      ) as string,
    });
  });
});

describe('the tunnels of efs-utils', () => {
  it.each([
    ['no state', { [`${FS}.mnt.20449`]: 'null' }],
    ['no JSON', { [`${FS}.mnt.20449`]: '{"pid"' }],
    ['no port', { [`${FS}.mnt`]: '{}' }],
    ['one port in two files', { [`${FS}.mnt.a.20449`]: '{}', 'fs-99999999.mnt.b.20449': '{}' }],
    ['the configuration of stunnel', { [`stunnel-config.${FS}.mnt.20449`]: '{}' }],
  ])('are none with %s', (_, states) => {
    expect(tunnelsOf(new Map(Object.entries(states as Record<string, string>))).size).toBe(0);
  });
});
