import { describe, expect, it } from 'vitest';
import { nfsOn } from '../../src/storage/nfs-here.ts';
import { storageInCluster } from '../../src/storage/kinds.ts';
import type { PersistentVolume } from '../../src/kube/core.ts';
import { rejectionOf } from '../support/thrown.ts';
import { tempDir } from '../support/tempdir.ts';
import { fakeMachine } from './fake-machine.ts';

const never = new AbortController().signal;

function inCluster(spec: { server: string; path: string }) {
  const storage = storageInCluster({ nfs: spec });
  if (storage.by !== 'volume') throw new Error('a volume is expected');
  return storage;
}

const context = { node: undefined, prefix: undefined, mountOptions: [] };

describe('nfs in a cluster', () => {
  it('is a volume of the directory itself where no prefix is given', () => {
    const storage = inCluster({ server: 'NFS.example.com.', path: '/exports/bert/' });
    expect({ driver: storage.driver, node: storage.nodeName(), ...storage.volume(context) }).toEqual({
      ...{ driver: undefined, node: undefined, nodes: undefined },
      source: { nfs: { server: 'nfs.example.com', path: '/exports/bert', readOnly: true } },
      accessModes: ['ReadOnlyMany'],
      mountOptions: ['soft', 'timeo=100', 'retrans=2', 'retry=0'],
    });
  });

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['FE80:0:0::1', 'fe80::1'],
  ])('has the server %s as %s, without brackets: the kubelet writes them', (server, written) => {
    const { source } = inCluster({ server, path: '/a' }).volume(context);
    expect(source).toEqual({ nfs: { server: written, path: '/a', readOnly: true } });
  });

  it.each([
    [[], ['soft', 'timeo=100', 'retrans=2', 'retry=0']],
    [['nfsvers=4.1'], ['soft', 'timeo=100', 'retrans=2', 'retry=0', 'nfsvers=4.1']],
    [['hard'], ['timeo=100', 'retrans=2', 'retry=0', 'hard']],
    [
      ['timeo=600', 'retry=1'],
      ['soft', 'retrans=2', 'timeo=600', 'retry=1'],
    ],
    [['nconnect=4,timeo=50'], ['soft', 'retrans=2', 'retry=0', 'nconnect=4', 'timeo=50']],
    [
      ['rw', 'ro', 'defaults', '', 'rw,nolock'],
      ['soft', 'timeo=100', 'retrans=2', 'retry=0', 'nolock'],
    ],
  ])('with %j of the administrator has the options %j', (mountOptions, options) => {
    const parts = inCluster({ server: 'nfs', path: '/a' }).volume({ ...context, mountOptions });
    expect(parts.mountOptions).toEqual(options);
  });

  it.each([
    ['/exports', '/exports/bert/v3', 'bert/v3'],
    ['/', '/exports', 'exports'],
    ['/exports', '/exports', undefined],
  ])('with the volume of %s mounts %s as %j of it', (prefix, path, subPath) => {
    const storage = inCluster({ server: 'nfs', path });
    const { source } = storage.volume({ ...context, prefix });
    expect(storage.subPath(madeOf(source))).toBe(subPath);
  });

  it.each([
    ['another directory', { server: 'nfs', path: '/other' }],
    ['another server', { server: 'evil', path: '/exports' }],
    ['another kind', undefined],
  ])("does not take somebody else's volume of %s", (_, nfs) => {
    const storage = inCluster({ server: 'nfs', path: '/exports/bert' });
    expect(() => storage.subPath(madeOf(nfs === undefined ? { local: { path: '/' } } : { nfs }))).toThrow(
      expect.objectContaining({ code: 'VolumeLost', retryable: true }) as Error,
    );
  });
});

function madeOf(source: Readonly<Record<string, unknown>>): PersistentVolume {
  return { metadata: { name: 'stowage-bert' }, spec: source } as unknown as PersistentVolume;
}

describe('nfs on one machine', () => {
  const lines = (at: string) => [
    '1 0 0:1 / / rw - ext4 /dev/sda rw',
    `2 1 0:2 / ${at} rw - nfs4 nfs.example.com:/exports rw,vers=4.2,addr=10.0.0.7`,
  ];

  it.each([
    ['nfs.example.com', {}],
    ['NFS.example.com.', {}],
    ['10.0.0.7', {}],
    ['files', { files: ['10.0.0.9', '10.0.0.7'] }],
  ])('is where %s is mounted', async (server, addresses) => {
    const at = await tempDir();
    const machine = fakeMachine({ mountinfo: lines(at), addresses });
    const source = await nfsOn(machine).open({ server, path: '/exports' }, never);
    expect(source.directory).toBe(at);
    await source.close();
    expect(machine.calls).toEqual([]);
  });

  it.each([
    ['another server', { server: 'other', path: '/exports' }],
    ['another address of the name', { server: 'files', path: '/exports' }],
    ['a directory above the export', { server: 'nfs.example.com', path: '/' }],
    ['a directory beside it', { server: 'nfs.example.com', path: '/exports2' }],
  ])('is not where %s is mounted', async (_, spec) => {
    const machine = fakeMachine({
      mountinfo: lines('/mnt'),
      addresses: { files: ['10.0.0.8'] },
      mayMount: false,
    });
    await expect(nfsOn(machine).open(spec, never)).rejects.toMatchObject({ code: 'StorageUnsupported' });
  });

  it('is not what mount.efs mounts through a port of this machine', async () => {
    const mountinfo = ['2 1 0:2 / /mnt rw - nfs4 127.0.0.1:/ rw,port=20449,addr=127.0.0.1'];
    const machine = fakeMachine({ mountinfo, mayMount: false });
    const error = await rejectionOf(nfsOn(machine).open({ server: '127.0.0.1', path: '/bert' }, never));
    expect(error).toMatchObject({ code: 'StorageUnsupported' });
  });

  it.each([
    ['nfs', 'nfs:/exports/bert'],
    ['fe80::1', '[fe80::1]:/exports/bert'],
  ])('is mounted read-only by root where %s is not mounted, and unmounted', async (server, source) => {
    const machine = fakeMachine();
    const opened = await nfsOn(machine).open({ server, path: '/exports/bert' }, never);
    expect(machine.calls).toEqual([
      `mount -t nfs -o ro,soft,timeo=100,retrans=2,retry=0,nolock ${source} ${opened.directory}`,
    ]);
    await opened.close();
    expect(machine.calls.slice(1)).toEqual([`umount ${opened.directory}`]);
    expect(machine.left.size).toBe(0);
  });

  it('says both ways to read it where this process may not mount', async () => {
    const machine = fakeMachine({ mayMount: false });
    const error = await rejectionOf(nfsOn(machine).open({ server: 'nfs', path: '/exports/bert' }, never));
    expect(error).toMatchObject({
      code: 'StorageUnsupported',
      message: 'nfs:/exports/bert is not mounted on this machine, and only root can mount it',
      hint: 'Mount it, anywhere: sudo mount -t nfs -o ro,soft,timeo=100,retrans=2,retry=0,nolock nfs:/exports/bert DIRECTORY. Or run this as root.',
    });
    expect(machine.left.size).toBe(0);
  });

  it('is not tried on a system whose mounts are not listed', () => {
    expect(() =>
      nfsOn(fakeMachine({ mounts: false })).check({ server: 'nfs', path: '/' }, { hostname: 'mac' }),
    ).toThrow(expect.objectContaining({ code: 'StorageUnsupported' }) as Error);
  });
});
