import { describe, expect, it } from 'vitest';
import { StoragePolicySpec } from '../../src/api/storagepolicy.ts';

const SMALL = { namespaceSelector: {}, targets: ['registry.example.com'] };
const NFS = { servers: ['nfs'], pathPrefixes: ['/'] };
const EFS = { fileSystemIds: ['fs-01234567'] };
const LOCAL = { nodeSelector: {}, pathPrefixes: ['/data'] };

describe('a StoragePolicy', () => {
  it('may use every field', () => {
    const spec = {
      namespaceSelector: {
        matchLabels: { 'kubernetes.io/metadata.name': 'team-a' },
        matchExpressions: [
          { key: 'example.com/team', operator: 'In', values: ['a', ''] },
          { key: 'stage', operator: 'NotIn', values: ['prod'] },
          { key: 'models', operator: 'Exists' },
          { key: 'frozen', operator: 'DoesNotExist' },
        ],
      },
      localStorage: [
        { nodeSelector: { matchLabels: { disk: 'nvme' } }, pathPrefixes: ['/', '/data/models'] },
      ],
      nfs: [
        {
          servers: ['nfs.example.com', 'NFS-2.', '10.0.0.1', 'fd00::1'],
          pathPrefixes: ['/', '/exports/models'],
          mountOptions: ['nfsvers=4.1', 'vers=4.2', 'nconnect=16', 'sec=krb5p', 'proto=tcp6', 'nolock'],
        },
      ],
      AWSEfs: [
        {
          fileSystemIds: ['fs-01234567'],
          accessPointIds: ['fsap-01234567'],
          pathPrefixes: ['/models'],
          mountTargetIps: ['10.0.0.5', 'fd00::5'],
        },
        { fileSystemIds: ['fs-0123456789abcdef0'] },
      ],
      persistentVolumeClaim: [{ claimNames: ['models'] }, {}],
      targets: ['registry.example.com:5000', 'docker.io/jdoe'],
      runAs: { users: [{ min: 1000, max: 1999 }], groups: [{ min: 1, max: 1 }] },
      limits: { modelSize: '200Gi', buildSeconds: 7200 },
    };
    expect(StoragePolicySpec.parse(spec)).toEqual(spec);
  });

  it.each<[what: string, spec: unknown]>([
    ['nothing', {}],
    ['no selector', { targets: SMALL.targets }],
    ['no targets', { namespaceSelector: {} }],
    ['an empty list of targets', { ...SMALL, targets: [] }],
    ['a target with a tag', { ...SMALL, targets: ['registry.example.com/a:v1'] }],
    ['a target with a wildcard', { ...SMALL, targets: ['*'] }],
    ['too many targets', { ...SMALL, targets: Array(65).fill('r.io') }],
    ['a relative prefix', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: ['data'] }] }],
    [
      'a prefix with a slash at its end',
      { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: ['/data/'] }] },
    ],
    ['a prefix with ..', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: ['/data/..'] }] }],
    ['no prefixes', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: [] }] }],
    ['too many prefixes', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: Array(9).fill('/data') }] }],
    ['too many rules', { ...SMALL, localStorage: Array(17).fill(LOCAL) }],
    ['no selector of nodes', { ...SMALL, localStorage: [{ pathPrefixes: ['/data'] }] }],
    [
      'another operator',
      { ...SMALL, namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Gt' }] } },
    ],
    ['a value that no label has', { ...SMALL, namespaceSelector: { matchLabels: { a: 'b c' } } }],
    ['a range the wrong way round', { ...SMALL, runAs: { users: [{ min: 2, max: 1 }] } }],
    ['root', { ...SMALL, runAs: { users: [{ min: 0, max: 1 }] } }],
    ['half a range', { ...SMALL, runAs: { groups: [{ min: 1 }] } }],
    ['a field that is not known', { ...SMALL, hostPath: [] }],
    ['a rule of NFS without servers', { ...SMALL, nfs: [{ pathPrefixes: ['/'] }] }],
    ['a rule of NFS without prefixes', { ...SMALL, nfs: [{ servers: ['nfs'] }] }],
    ['no servers', { ...SMALL, nfs: [{ ...NFS, servers: [] }] }],
    ['too many servers', { ...SMALL, nfs: [{ ...NFS, servers: Array(9).fill('nfs') }] }],
    ['a server that has several readings', { ...SMALL, nfs: [{ ...NFS, servers: ['nfs', '10.1'] }] }],
    ['a server with a port', { ...SMALL, nfs: [{ ...NFS, servers: ['nfs.example.com:2049'] }] }],
    ['a server with a wildcard', { ...SMALL, nfs: [{ ...NFS, servers: ['*.example.com'] }] }],
    ['a rule of EFS without file systems', { ...SMALL, AWSEfs: [{ accessPointIds: ['fsap-01234567'] }] }],
    ['a file system that is none', { ...SMALL, AWSEfs: [{ fileSystemIds: ['fs-1'] }] }],
    ['an access point that is none', { ...SMALL, AWSEfs: [{ ...EFS, accessPointIds: ['fs-01234567'] }] }],
    ['no access points', { ...SMALL, AWSEfs: [{ ...EFS, accessPointIds: [] }] }],
    ['a path of EFS with a colon', { ...SMALL, AWSEfs: [{ ...EFS, pathPrefixes: ['/a:b'] }] }],
    ['a mount target with a name', { ...SMALL, AWSEfs: [{ ...EFS, mountTargetIps: ['nfs.example.com'] }] }],
    ['a claim that is none', { ...SMALL, persistentVolumeClaim: [{ claimNames: ['a/b'] }] }],
    ['no claims', { ...SMALL, persistentVolumeClaim: [{ claimNames: [] }] }],
    ['a size that is a number', { ...SMALL, limits: { modelSize: 1000 } }],
    ['half a byte', { ...SMALL, limits: { modelSize: '0.5' } }],
    ['no time', { ...SMALL, limits: { buildSeconds: 0 } }],
    ['half a second', { ...SMALL, limits: { buildSeconds: 0.5 } }],
  ])('may not have %s', (_, spec) => {
    expect(StoragePolicySpec.safeParse(spec).success).toBe(false);
  });

  it.each([
    ...[
      'rw',
      'ro',
      'hard',
      'soft',
      'retry=0',
      'suid',
      'exec',
      'dev',
      'defaults',
      'remount',
      'bind',
      'user',
      'sync',
    ],
    ...['context=x', 'addr=10.0.0.1', 'mountaddr=10.0.0.1', 'clientaddr=10.0.0.1', 'fsc', 'local_lock=all'],
    ...[
      'nfsvers=2',
      'nfsvers=4.3',
      'nfsvers=',
      'nfsvers',
      'vers=4.1,rw',
      'nfsvers=4.1 ',
      ' nfsvers=4.1',
      'NFSVERS=3',
    ],
    ...[
      'nconnect=0',
      'nconnect=17',
      'nconnect=01',
      'rsize=-1',
      'rsize=1k',
      'rsize=12345678',
      'timeo=',
      'port=a',
    ],
    ...['proto=udp', 'sec=none', 'sec=krb5x', 'noresvports', 'nolock\n', 'nolock\nrw', ''],
  ])('may not have the mount option %j', (option) => {
    const result = StoragePolicySpec.safeParse({ ...SMALL, nfs: [{ ...NFS, mountOptions: [option] }] });
    expect(result.error?.issues[0]?.message).toMatch(/ro is always there, and cannot be taken away$/);
  });

  it.each([
    ...['nfsvers=3', 'nfsvers=4', 'nfsvers=4.0', 'nfsvers=4.1', 'nfsvers=4.2', 'vers=3', 'vers=4.2'],
    ...['nconnect=1', 'nconnect=9', 'nconnect=10', 'nconnect=16', 'rsize=1048576', 'timeo=600', 'retrans=2'],
    ...['port=2049', 'mountport=20048', 'actimeo=60', 'proto=tcp', 'proto=tcp6', 'proto=rdma', 'noatime'],
    ...['sec=sys', 'sec=krb5', 'sec=krb5i', 'sec=krb5p', 'nolock', 'resvport', 'noresvport'],
  ])('may have the mount option %s', (option) => {
    const spec = { ...SMALL, nfs: [{ ...NFS, mountOptions: [option] }] };
    expect(StoragePolicySpec.safeParse(spec).success).toBe(true);
  });
});
