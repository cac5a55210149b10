import { beforeAll, expect, it } from 'vitest';
import type { Storage } from '../../src/api/modelversion.ts';
import type { StoragePolicy } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { create, get, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { describeControlPlane } from './support/control-plane.ts';
import { applyCrds, SPEC, version } from './support/crds.ts';

function policy(name: string, spec: object = {}): KubeObject {
  const rules = { namespaceSelector: {}, targets: ['registry.example.com'], ...spec };
  return { apiVersion: 'model.kubedl.io/v1alpha1', kind: 'StoragePolicy', metadata: { name }, spec: rules };
}

/** Of each optional field that is fixed: a value, and another. */
const FIXED: readonly [field: string, value: unknown, other: unknown][] = [
  ['createdBy', 'job-1', 'job-2'],
  ['imageTag', 'v3', 'v4'],
  ['base', 'registry.example.com/a', 'registry.example.com/b'],
  ['compression', 'none', 'zstd'],
  ['overwrite', false, true],
  ['imagePushSecrets', [{ name: 'push' }], [{ name: 'pull' }]],
  ['securityContext', { runAsUser: 1000 }, { runAsUser: 1001 }],
  ['tolerations', [{ key: 'gpu' }], [{ key: 'gpu', operator: 'Exists' }]],
];

const FULL = {
  ...Object.fromEntries(FIXED.map(([field, value]) => [field, value])),
  imagePushSecrets: Array.from({ length: 8 }, (_, index) => ({ name: `secret-${index}` })),
  securityContext: { runAsUser: 1, runAsGroup: 2_147_483_647, supplementalGroups: [1, 2] },
  tolerations: [
    { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 0 },
    { key: '', operator: 'Exists', value: '' },
  ],
  suspend: true,
};

const ID = 'spec.securityContext.runAsUser in body should be ';

const WRONG_VERSIONS: readonly [field: string, spec: object, says: string][] = [
  ['modelName', { modelName: 'Bert' }, 'expected a name of lower-case letters'],
  ['imageRepo', { imageRepo: 'registry.example.com/bert:v1' }, 'expected a repository without tag or digest'],
  ['imageRepo', { imageRepo: 'oci:/images' }, 'oci:DIRECTORY is for one machine'],
  ['storage', { storage: {} }, 'expected exactly one of localStorage, nfs, AWSEfs, persistentVolumeClaim'],
  [
    'storage',
    { storage: { ...SPEC.storage, nfs: { server: 'a', path: '/' } } },
    'expected exactly one of localStorage, nfs, AWSEfs, persistentVolumeClaim',
  ],
  ...['/data/../etc', '/data//', '//data', 'data', ''].map((path): [string, object, string] => [
    'storage.localStorage.path',
    { storage: { localStorage: { path } } },
    'expected an absolute path without "." or ".." in it',
  ]),
  ['imagePushSecrets[0].name', { imagePushSecrets: [{ name: '../a' }] }, 'expected a name of lower-case'],
  ['imagePushSecrets', { imagePushSecrets: Array(9).fill({ name: 'a' }) }, 'must have at most 8 items'],
  ['securityContext.runAsUser', { securityContext: { runAsUser: 0 } }, `${ID}greater than or equal to 1`],
  [
    'securityContext.runAsUser',
    { securityContext: { runAsUser: 2_147_483_648 } },
    `${ID}less than or equal to 2147483647`,
  ],
  ['tolerations[0]', { tolerations: [{ value: 'a' }] }, 'expected a key, or the operator Exists'],
  ['tolerations[0]', { tolerations: [{ key: '' }] }, 'expected a key, or the operator Exists'],
  [
    'tolerations[0]',
    { tolerations: [{ operator: 'Exists', value: 'a' }] },
    'expected no value with the operator Exists',
  ],
  [
    'tolerations[0]',
    { tolerations: [{ key: 'a', tolerationSeconds: 1 }] },
    'expected the effect NoExecute with tolerationSeconds',
  ],
  [
    'tolerations[0].key',
    { tolerations: [{ key: 'a b' }] },
    'expected a key such as team or example.com/team',
  ],
  ['compression', { compression: 'gzip' }, 'supported values: "none", "zstd"'],
  ['imageTag', { imageTag: '-' }, 'expected a tag of letters, digits'],
];

const WRONG_POLICIES: readonly [what: string, spec: object, says: string][] = [
  [
    'a range the wrong way round',
    { runAs: { users: [{ min: 2, max: 1 }] } },
    'expected a min that is not above max',
  ],
  ['root', { runAs: { groups: [{ min: 0, max: 1 }] } }, 'should be greater than or equal to 1'],
  [
    'a prefix with ..',
    { localStorage: [{ nodeSelector: {}, pathPrefixes: ['/a/..'] }] },
    'expected an absolute path without "." or ".." in it',
  ],
  [
    'a prefix with a slash at its end',
    { localStorage: [{ nodeSelector: {}, pathPrefixes: ['/a/'] }] },
    'expected an absolute path without "." or ".." in it',
  ],
  ['a rule for no nodes', { localStorage: [{ pathPrefixes: ['/a'] }] }, 'nodeSelector: Required value'],
  [
    'a rule without prefixes',
    { localStorage: [{ nodeSelector: {}, pathPrefixes: [] }] },
    'should have at least 1 items',
  ],
  ['no targets', { targets: [] }, 'should have at least 1 items'],
  [
    'a target with a tag',
    { targets: ['r.io/a:v1'] },
    'expected a registry, or a repository with its registry',
  ],
  [
    'a target with a scheme',
    { targets: ['https://r.io'] },
    'expected a registry, or a repository with its registry',
  ],
  [
    'another operator',
    { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Gt' }] } },
    'supported values: "In", "NotIn", "Exists", "DoesNotExist"',
  ],
  [
    'a value that no label has',
    { namespaceSelector: { matchLabels: { a: 'b c' } } },
    'expected a value of letters',
  ],
  ...['10.1', '167772161', '0x0a000001', '010.0.0.1', '10.0.0.256', '10.0.0.1.'].map(
    (server): [string, object, string] => [
      `a server that has several readings, ${server}`,
      { nfs: [{ servers: ['nfs', server], pathPrefixes: ['/a'] }] },
      'expected a host name, or an IP address as programs write it',
    ],
  ),
  ...['rw', 'ro', 'hard', 'nfsvers=5', 'nconnect=17', 'nolock,rw', ''].map(
    (option): [string, object, string] => [
      `the mount option ${JSON.stringify(option)}`,
      { nfs: [{ servers: ['nfs'], pathPrefixes: ['/a'], mountOptions: [option] }] },
      'ro is always there, and cannot be taken away',
    ],
  ),
  ['a rule for no servers', { nfs: [{ servers: [], pathPrefixes: ['/a'] }] }, 'should have at least 1 items'],
  ['a rule of NFS without prefixes', { nfs: [{ servers: ['nfs'] }] }, 'pathPrefixes: Required value'],
  [
    'a path of EFS that a handle cannot have',
    { AWSEfs: [{ fileSystemIds: ['fs-0123456789abcdef0'], pathPrefixes: ['/a:fsap-0123456789abcdef0'] }] },
    'expected an absolute path without ":"',
  ],
  [
    'a file system that is none',
    { AWSEfs: [{ fileSystemIds: ['fs-1'] }] },
    'expected the id of an EFS file system',
  ],
  ['claims without names', { persistentVolumeClaim: [{ claimNames: [] }] }, 'should have at least 1 items'],
  ['a size that is none', { limits: { modelSize: '200 GB' } }, 'expected a number of bytes'],
  ['no time', { limits: { buildSeconds: 0 } }, 'should be greater than or equal to 1'],
];

const NFS = {
  servers: [
    'nfs.example.com',
    'NFS.',
    '10.0.0.1',
    '255.255.255.255',
    'fd00::1',
    '::ffff:10.0.0.1',
    'a-1',
    '3x',
  ],
  pathPrefixes: ['/', '/exports', '/exports/models', '/a:b'],
  mountOptions: [
    'nfsvers=4.1',
    'vers=3',
    'nconnect=16',
    'rsize=1048576',
    'timeo=600',
    'proto=rdma',
    'sec=krb5p',
  ],
};

const EFS = {
  fileSystemIds: Array(16).fill('fs-0123456789abcdef0') as string[],
  accessPointIds: Array(16).fill('fsap-0123456789abcdef0') as string[],
  pathPrefixes: ['/', '/a', '/b', '/c/d'],
  mountTargetIps: ['10.0.0.5', 'fd00::5'],
};

type Asked = () => Cluster;

/** What the API server says of an object that is not kept. */
function dryRun(cluster: Asked, object: KubeObject): Promise<string> {
  const args = ['create', '--dry-run=server', '-f', '-'];
  return kubectl(cluster(), args, { input: JSON.stringify(object) });
}

function patch(cluster: Asked, name: string, change: object, ...more: string[]): Promise<string> {
  return kubectl(cluster(), ['patch', 'mv', name, '--type=merge', '-p', JSON.stringify(change), ...more]);
}

function change(cluster: Asked, name: string, spec: object): Promise<string> {
  return patch(cluster, name, { spec }, '--dry-run=server');
}

describeControlPlane('the CRDs', (cluster) => {
  beforeAll(async () => {
    await applyCrds(cluster());
    await create(cluster(), version('full', FULL), version('least'));
  });

  accepting(cluster);
  refusing(cluster);
  fixing(cluster);
  status(cluster);
  hints(cluster);
});

function accepting(cluster: Asked): void {
  it('may be applied again', async () => {
    await applyCrds(cluster());
  });

  it('accept what is right, every field', async () => {
    const selector = {
      matchLabels: { 'kubernetes.io/metadata.name': 'a' },
      matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['', 'b'] }],
    };
    const local = { nodeSelector: selector, pathPrefixes: Array(8).fill('/data') as string[] };
    const everything = {
      namespaceSelector: selector,
      localStorage: Array(16).fill(local) as object[],
      nfs: Array(8).fill(NFS) as object[],
      AWSEfs: Array(8).fill(EFS) as object[],
      persistentVolumeClaim: Array(8).fill({ claimNames: Array(16).fill('models') as string[] }) as object[],
      targets: Array(64).fill('registry.example.com:5000/team-a') as string[],
      runAs: { users: [{ min: 1, max: 1 }], groups: [{ min: 1, max: 2_147_483_647 }] },
      limits: { modelSize: '200Gi', buildSeconds: 7200 },
    };
    await dryRun(cluster, policy('everything', everything));
    const model = { apiVersion: 'model.kubedl.io/v1alpha1', kind: 'Model', metadata: { name: 'bert' } };
    await dryRun(cluster, model);
    await dryRun(cluster, { ...model, spec: { description: 'two\nlines' } });
  });
}

function refusing(cluster: Asked): void {
  it.each(WRONG_VERSIONS)('refuse a ModelVersion with our words: spec.%s %j', async (field, spec, says) => {
    const refusal: unknown = await dryRun(cluster, version('wrong', spec)).catch((error: unknown) => error);
    expect(String(refusal)).toContain(says);
    expect(String(refusal)).toContain(`spec.${field}: `);
  });

  it.each(WRONG_POLICIES)('refuse a StoragePolicy with our words: %s', async (_, spec, says) => {
    await expect(dryRun(cluster, policy('wrong', spec))).rejects.toThrow(says);
  });
}

function fixing(cluster: Asked): void {
  it.each(FIXED)('fix spec.%s, there or not', async (field, value, other) => {
    for (const [name, spec] of [
      ['full', { [field]: other }],
      ['full', { [field]: null }],
      ['least', { [field]: value }],
    ] as const) {
      await expect(change(cluster, name, spec)).rejects.toThrow(
        `${field} cannot change: a version stays what it is`,
      );
    }
  });

  it.each([
    ['modelName', 'bart'],
    ['imageRepo', 'registry.example.com/other'],
    ['storage', { localStorage: { path: '/data/other' } }],
    ['storage', { localStorage: { nodeName: null } }],
  ])('fix spec.%s: %j', async (field, value) => {
    await expect(change(cluster, 'full', { [field]: value })).rejects.toThrow(`${field} cannot change`);
  });

  it('let suspend change, and what is not the spec', async () => {
    for (const suspend of [false, null, true]) {
      await patch(cluster, 'full', { spec: { suspend } });
      await patch(cluster, 'least', { spec: { suspend } });
    }
    await patch(cluster, 'full', {
      metadata: { labels: { team: 'a' }, annotations: { 'model.kubedl.io/retry': '1' } },
    });
    await patch(cluster, 'full', { spec: FULL });
  });
}

function status(cluster: Asked): void {
  it('keep a status apart, and check it', async () => {
    await patch(cluster, 'least', { status: { message: 'ignored' } });
    expect(await get(cluster(), ['mv', 'least'])).not.toHaveProperty('status');
    const status = { queuePosition: 3, progress: { bytes: 1, total: 2 }, imageBuildPhase: 'ImageBuilding' };
    await patch(cluster, 'least', { status }, '--subresource=status');
    expect(await get(cluster(), ['mv', 'least'])).toMatchObject({ status });
    await expect(
      patch(cluster, 'least', { status: { attempts: -1 } }, '--subresource=status'),
    ).rejects.toThrow('attempts in body should be greater than or equal to 0');
  });
}

function hints(cluster: Asked): void {
  it.each([
    '/data/bert',
    '/',
    `/data/${'a'.repeat(4000)}`,
    '/#a: "b"\' {c}/[d]/&e/\u0085\u2028f/\ufeff\u202eg',
  ])('take the policy that a refusal hints at, as it is: %j', async (path) => {
    const asked = {
      namespace: { name: 'default', labels: { 'kubernetes.io/metadata.name': 'default' } },
      node: { name: 'worker-7', labels: { 'kubernetes.io/hostname': 'on' } },
      spec: { ...SPEC, storage: { localStorage: { path } }, securityContext: { runAsUser: 1000 } },
      builder: 'kaniko' as const,
    };
    const verdict = decide([], asked);
    const [, ...yaml] = verdict.allowed ? [] : verdict.hint.split('\n');
    await kubectl(cluster(), ['apply', '-f', '-'], { input: yaml.join('\n') });
    const { items } = await get<{ items: StoragePolicy[] }>(cluster(), ['storagepolicies']);
    expect(decide(items, asked)).toMatchObject({ allowed: true, policy: 'default', prefix: path });
  });

  it.each<[kind: string, storage: Storage]>([
    ['nfs', { nfs: { server: 'FD00:0::1', path: '/exports/a: "b"/' } }],
    ['AWSEfs', { AWSEfs: { volumeHandle: 'fs-0123456789abcdef0:/a:fsap-0123456789abcdef0' } }],
    ['persistentVolumeClaim', { persistentVolumeClaim: { claimName: 'models', path: 'bert' } }],
  ])('take the policy that a refusal hints at: %s', async (_, storage) => {
    const asked = {
      namespace: { name: 'other', labels: { 'kubernetes.io/metadata.name': 'other' } },
      node: undefined,
      spec: { ...SPEC, storage },
      builder: 'stream' as const,
    };
    const verdict = decide([], asked);
    const [, ...yaml] = verdict.allowed ? [] : verdict.hint.split('\n');
    await kubectl(cluster(), ['apply', '-f', '-'], { input: yaml.join('\n') });
    const { items } = await get<{ items: StoragePolicy[] }>(cluster(), ['storagepolicies']);
    expect(decide(items, asked)).toMatchObject({ allowed: true, policy: 'other' });
  });
}
