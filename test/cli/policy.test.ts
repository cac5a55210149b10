import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clusterDesk, type ClusterDesk } from '../support/cluster-desk.ts';
import { runStowage, type Run } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

const HEAD = 'apiVersion: model.kubedl.io/v1alpha1';

function version(name: string, storage: string, more = ''): string {
  return `${HEAD}
kind: ModelVersion
metadata: {name: ${name}}
spec: {modelName: bert, imageRepo: registry.example.com/team-a/bert, storage: {${storage}}${more}}
`;
}

function policy(name: string, rules: string, selector = '{}'): string {
  return `${HEAD}
kind: StoragePolicy
metadata: {name: ${name}}
spec: {namespaceSelector: ${selector}, targets: [registry.example.com/team-a], ${rules}}
`;
}

const LOCAL = version('local', 'localStorage: {path: /data/bert/, nodeName: worker-7}');
const DATA = policy('data', 'localStorage: [{nodeSelector: {}, pathPrefixes: [/data]}]');
const NFS = version('nfs', 'nfs: {server: "FD00::0001", path: /exports/bert}');
const EXPORTS = policy(
  'exports',
  'nfs: [{servers: ["fd00::1"], pathPrefixes: [/exports], mountOptions: [nfsvers=4.1]}], limits: {modelSize: 200Gi, buildSeconds: 7200}',
);

async function test(documents: readonly string[], ...args: string[]): Promise<Run> {
  const cwd = await tempDir();
  writeFileSync(join(cwd, 'files.yaml'), documents.join('---\n'));
  return runStowage(['policy', 'test', '-f', 'files.yaml', ...args], { cwd });
}

describe('stowage policy test', () => {
  it.each<[what: string, documents: string[], args: string[], says: string]>([
    [
      'a directory of a node',
      [LOCAL, DATA],
      [],
      `modelversion/local in namespace default is allowed by StoragePolicy data
  Mounted:        /data of node worker-7
  Mount options:  ro
  Model size:     no limit in policies
  Build time:     no limit in policies
`,
    ],
    [
      'a directory of an NFS server',
      [NFS, EXPORTS, DATA],
      ['-n', 'team-a'],
      `modelversion/nfs in namespace team-a is allowed by StoragePolicy exports
  Mounted:        [fd00::1]:/exports
  Mount options:  ro,nfsvers=4.1
  Model size:     at most 200 GiB
  Build time:     at most 2 h
`,
    ],
    [
      'a directory of an EFS file system',
      [
        version('efs', 'AWSEfs: {volumeHandle: "fs-01234567:/a/b/:fsap-01234567"}'),
        policy(
          'efs',
          'AWSEfs: [{fileSystemIds: [fs-01234567], accessPointIds: [fsap-01234567], pathPrefixes: [/a]}]',
        ),
      ],
      [],
      `modelversion/efs in namespace default is allowed by StoragePolicy efs
  Mounted:        fs-01234567:/a:fsap-01234567
  Mount options:  ro
  Model size:     no limit in policies
  Build time:     no limit in policies
`,
    ],
    [
      'a claim',
      [
        version('claim', 'persistentVolumeClaim: {claimName: models, path: bert}'),
        policy('claims', 'persistentVolumeClaim: [{}]'),
      ],
      [],
      `modelversion/claim in namespace default is allowed by StoragePolicy claims
  Mounted:     the PersistentVolumeClaim models
  Model size:  no limit in policies
  Build time:  no limit in policies
`,
    ],
  ])('says which policy allows it, and what is mounted: %s', async (_, documents, args, says) => {
    const { stdout, ...rest } = await test(documents, ...args);
    expect(rest).toEqual({ code: 0, stderr: '' });
    // Those of the kind of storage are its own affair.
    expect(stdout.replace(/,soft\S*retry=0/, '')).toBe(says);
  });

  it('says which policy is missing, so that it can be copied and allows it', async () => {
    const { code, stdout } = await test([LOCAL, EXPORTS]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^modelversion\/local in namespace default is refused: PolicyDenied\nnamespace "default" may not read "\/data\/bert" on node "worker-7": its StoragePolicy "exports" allows/,
    );
    const missing = stdout.slice(stdout.indexOf('\napiVersion:') + 1);
    expect(parse(missing)).toMatchObject({ kind: 'StoragePolicy', metadata: { name: 'default' } });
    expect(await test([LOCAL, missing])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'is allowed by StoragePolicy default\n  Mounted:        /data/bert of',
      ) as string,
    });
  });

  it('decides about each, and says so in one document', async () => {
    const { code, stdout } = await test([LOCAL, NFS, EXPORTS], '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      decisions: [
        {
          modelVersion: { namespace: 'default', name: 'local' },
          allowed: false,
          error: {
            code: 'PolicyDenied',
            message: expect.stringContaining('may not read') as string,
            hint: expect.stringContaining('\nkind: StoragePolicy\n') as string,
          },
        },
        {
          modelVersion: { namespace: 'default', name: 'nfs' },
          allowed: true,
          policy: 'exports',
          prefix: '/exports',
          volume: { nfs: { server: 'fd00::1', path: '/exports', readOnly: true } },
          mountOptions: expect.arrayContaining(['ro', 'nfsvers=4.1']) as string[],
          limits: { bytes: 200 * 1024 ** 3, seconds: 7200 },
        },
      ],
    });
  });

  it.each<[what: string, selector: string, args: string[], code: number]>([
    [
      'by the name of the namespace',
      '{matchLabels: {kubernetes.io/metadata.name: team-a}}',
      ['-n', 'team-a'],
      0,
    ],
    ['by another name', '{matchLabels: {kubernetes.io/metadata.name: team-b}}', ['-n', 'team-a'], 1],
    [
      'by labels that are given',
      '{matchLabels: {team: a, x: "b"}}',
      ['--namespace-label=team=a', '--namespace-label', 'x=b'],
      0,
    ],
    ['by an empty label', '{matchLabels: {team: ""}}', ['--namespace-label', 'team='], 0],
    ['by labels that are not given', '{matchLabels: {team: a}}', [], 1],
    [
      'by the name, whatever label is given',
      '{matchLabels: {kubernetes.io/metadata.name: team-b}}',
      ['-n', 'team-a', '--namespace-label', 'kubernetes.io/metadata.name=team-b'],
      1,
    ],
  ])('selects the namespace %s', async (_, selector, args, code) => {
    const rules = 'localStorage: [{nodeSelector: {}, pathPrefixes: [/data]}]';
    expect(await test([LOCAL, policy('p', rules, selector)], ...args)).toMatchObject({ code, stderr: '' });
  });

  it.each<[what: string, selector: string, args: string[], code: number]>([
    ['by its name', '{matchLabels: {kubernetes.io/hostname: worker-7}}', [], 0],
    ['by labels that are given', '{matchLabels: {disk: nvme}}', ['--node-label', 'disk=nvme'], 0],
    ['by labels that are not given', '{matchLabels: {disk: nvme}}', [], 1],
    [
      'by another host name',
      '{matchLabels: {kubernetes.io/hostname: w7}}',
      ['--node-label', 'kubernetes.io/hostname=w7'],
      0,
    ],
  ])('selects the node %s', async (_, selector, args, code) => {
    const rules = `localStorage: [{nodeSelector: ${selector}, pathPrefixes: [/data]}]`;
    expect(await test([LOCAL, policy('p', rules)], ...args)).toMatchObject({ code, stderr: '' });
  });

  it('says where a directory is allowed, but no volume can be made of it', async () => {
    const proc = version('proc', 'localStorage: {path: /proc/1, nodeName: worker-7}');
    const all = policy('all', 'localStorage: [{nodeSelector: {}, pathPrefixes: [/]}]');
    const { code, stdout } = await test([proc, all]);
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        'is refused: PathNotFound\n/proc/1 is no directory of a model',
      ) as string,
    });
  });

  it.each(['/data', '/proc'])('prints nothing that a terminal would act upon: %s', async (directory) => {
    const path = `"${directory}/\\u009b31m\\u202e"`;
    const hostile = version('hostile', `localStorage: {path: ${path}, nodeName: worker-7}`);
    const its = policy('p', `localStorage: [{nodeSelector: {}, pathPrefixes: [${path}]}]`);
    for (const documents of [[hostile], [hostile, its]]) {
      const { stdout } = await test(documents);
      expect(stdout).toMatch(/^modelversion\/hostile in namespace default is (allowed|refused)/);
      expect(stdout).not.toMatch(/[^\P{C}\n]/u);
    }
  });

  it.each<[what: string, documents: string[], args: string[], says: RegExp]>([
    [
      'a file without versions',
      [DATA],
      [],
      /there is no ModelVersion in the files[^]*code: DeclarationInvalid/,
    ],
    [
      'a policy that is wrong',
      [LOCAL, policy('p', 'nfs: [{servers: [10.1], pathPrefixes: [/a]}]')],
      [],
      /spec.nfs\[0\].servers\[0\]/,
    ],
    [
      'a version without a node',
      [version('v', 'localStorage: {path: /data}')],
      [],
      /spec.storage.localStorage.nodeName/,
    ],
    [
      'a label that is none',
      [LOCAL],
      ['--node-label', 'disk'],
      /found "disk"; expected a label such as disk=nvme/,
    ],
    ['a key that is none', [LOCAL], ['--namespace-label', 'a b=c'], /found "a b"; expected a key/],
    ['a value that is none', [LOCAL], ['--namespace-label', 'a=b=c'], /found "b=c"; expected a value/],
    [
      'labels for a cluster',
      [LOCAL],
      ['--node-label', 'a=b', '--kube'],
      /Leave --namespace-label and --node-label out/,
    ],
    ['another file that is not there', [LOCAL], ['-f', 'missing.yaml'], /"missing.yaml" cannot be read/],
  ])('is a wrong call with %s', async (_, documents, args, says) => {
    expect(await test(documents, ...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(says) as string,
    });
  });

  it('says an error in the document too', async () => {
    const { code, stdout } = await test([DATA], '-o', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DeclarationInvalid' } });
  });

  it.each([[['policy']], [['policy', 'tset']], [['policy', 'test']]])(
    'explains the call %j',
    async (args) => {
      const { code, stderr } = await runStowage(args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/test \[options\]|Did you mean test|required option/);
    },
  );

  it('is completed', async () => {
    const completed = async (...words: string[]): Promise<string> =>
      (await runStowage(['__complete', 'bash', '--', ...words])).stdout;
    expect(await completed('policy', '')).toMatch(/^test\b/m);
    expect(await completed('policy', 'test', '--n')).toMatch(/^--namespace-label\b[^]*^--node-label\b/m);
  });
});

describe('stowage policy test --kube', () => {
  const POLICIES = '/apis/model.kubedl.io/v1alpha1/storagepolicies';

  async function desk(...documents: string[]): Promise<ClusterDesk> {
    const made = await clusterDesk();
    writeFileSync(join(made.root, 'files.yaml'), documents.join('---\n'));
    const put = (path: string, kind: string, name: string, labels: object): void => {
      made.server.store(path).put(name, { apiVersion: 'v1', kind, metadata: { name, labels } });
    };
    put('/api/v1/namespaces', 'Namespace', 'team-a', { team: 'a' });
    put('/api/v1/nodes', 'Node', 'worker-7', { disk: 'nvme' });
    const rules = 'localStorage: [{nodeSelector: {matchLabels: {disk: nvme}}, pathPrefixes: [/data]}]';
    made.server
      .store(POLICIES)
      .put('there', parse(policy('there', rules, '{matchLabels: {team: a}}')) as never);
    return made;
  }

  const call = ['policy', 'test', '-f', 'files.yaml', '--kube'];

  it('asks the cluster for policies and labels', async () => {
    const { run } = await desk(LOCAL);
    expect(await run(call)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^modelversion\/local in namespace team-a is allowed by StoragePolicy there\n/,
      ) as string,
    });
  });

  it('lets the policies of the files count as if they were applied', async () => {
    const { run } = await desk(
      LOCAL,
      policy('there', 'localStorage: []'),
      DATA.replace('/data]', '/data/bert]'),
    );
    expect(await run(call)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'StoragePolicy data\n  Mounted:        /data/bert of node worker-7',
      ) as string,
    });
    const { run: again } = await desk(LOCAL, policy('there', 'localStorage: []'));
    expect(await again(call)).toMatchObject({ code: 1 });
  });

  it('says that there is no such node', async () => {
    const { run } = await desk(LOCAL.replace('worker-7', 'worker-8'));
    const { code, stdout } = await run(call);
    expect(code).toBe(1);
    expect(stdout).toContain('on the node "worker-8": there is no such node');
  });

  it('says that there is no such namespace', async () => {
    const { run } = await desk(LOCAL);
    expect(await run([...call, '-n', 'team-b'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no namespace "team-b"') as string,
    });
  });
});
