import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runStowage, type Run } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { create, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { describeControlPlane } from './support/control-plane.ts';
import { applyCrds } from './support/crds.ts';

/* `stowage policy test` against a real API server: what decides is read with the rights of the caller. */

const OURS = 'model.kubedl.io/v1alpha1';

function policy(name: string, spec: object): KubeObject {
  const targets = ['registry.example.com/team-a'];
  return { apiVersion: OURS, kind: 'StoragePolicy', metadata: { name }, spec: { targets, ...spec } };
}

function version(name: string, storage: object): KubeObject {
  const spec = { modelName: 'bert', imageRepo: 'registry.example.com/team-a/bert', storage };
  return { apiVersion: OURS, kind: 'ModelVersion', metadata: { name }, spec };
}

const TEAM_A = { matchLabels: { team: 'a' } };
const LOCAL = version('local', { localStorage: { path: '/data/bert', nodeName: 'worker-7' } });
const NFS = version('nfs', { nfs: { server: 'NFS.example.com.', path: '/exports/bert/' } });
const CLAIM = version('claim', { persistentVolumeClaim: { claimName: 'models' } });

describeControlPlane('stowage policy test', (cluster) => {
  beforeAll(async () => {
    await applyCrds(cluster());
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-7', labels: { disk: 'nvme' } } };
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team-a', labels: { team: 'a' } },
    };
    await create(cluster(), namespace, node);
    const nvme = { nodeSelector: { matchLabels: { disk: 'nvme' } }, pathPrefixes: ['/data'] };
    const nfs = { servers: ['nfs.example.com'], pathPrefixes: ['/exports'], mountOptions: ['nfsvers=4.1'] };
    await create(
      cluster(),
      policy('disks', { namespaceSelector: TEAM_A, localStorage: [nvme] }),
      policy('exports', { namespaceSelector: TEAM_A, nfs: [nfs], limits: { modelSize: '200Gi' } }),
    );
  });

  deciding(cluster);
  unable(cluster);
});

async function test(cluster: Cluster, objects: readonly KubeObject[], ...args: string[]): Promise<Run> {
  const file = join(await tempDir(), 'files.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const env = { KUBECONFIG: cluster.kubeconfig };
  return runStowage(['policy', 'test', '-f', file, '-n', 'team-a', '--kube', ...args], { env });
}

function deciding(cluster: () => Cluster): void {
  it('decides by the policies and the labels of the cluster', async () => {
    const { code, stdout, stderr } = await test(cluster(), [LOCAL, NFS]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^modelversion\/local in namespace team-a is allowed by StoragePolicy disks\n {2}Mounted: +\/data of node worker-7\n/,
    );
    expect(stdout).toMatch(
      /^modelversion\/nfs in namespace team-a is allowed by StoragePolicy exports\n {2}Mounted: +nfs\.example\.com:\/exports\n {2}Mount options: +ro,\S*nfsvers=4\.1\n {2}Model size: +at most 200 GiB$/m,
    );
  });

  it('names the policy that is missing, and allows the version once it is applied', async () => {
    const refused = await test(cluster(), [CLAIM]);
    expect(refused).toMatchObject({ code: 1, stderr: '' });
    expect(refused.stdout).toContain('is refused: PolicyDenied\n');
    expect(refused.stdout).toContain('of its 2 StoragePolicies "disks" comes closest');
    const missing = refused.stdout.slice(refused.stdout.indexOf('\napiVersion:') + 1);
    await kubectl(cluster(), ['apply', '-f', '-'], { input: missing });
    const allowed = await test(cluster(), [CLAIM], '-o', 'json');
    expect(allowed.code).toBe(0);
    expect(JSON.parse(allowed.stdout)).toMatchObject({
      decisions: [{ allowed: true, policy: 'team-a', claimName: 'models' }],
    });
  });

  it('counts the policies of a file in, and applies nothing', async () => {
    const nearer = policy('nearer', {
      namespaceSelector: {},
      localStorage: [{ nodeSelector: {}, pathPrefixes: ['/data/bert'] }],
    });
    expect((await test(cluster(), [LOCAL, nearer])).stdout).toContain('by StoragePolicy nearer\n');
    expect((await test(cluster(), [LOCAL])).stdout).toContain('by StoragePolicy disks\n');
  });
}

function unable(cluster: () => Cluster): void {
  it('says that a node or a namespace is not there', async () => {
    const away = version('away', { localStorage: { path: '/data/bert', nodeName: 'worker-8' } });
    const { code, stdout } = await test(cluster(), [away]);
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('there is no such node') as string,
    });
    const { metadata, ...rest } = NFS;
    const elsewhere = { ...rest, metadata: { ...metadata, namespace: 'team-b' } };
    const file = join(await tempDir(), 'mv.json');
    writeFileSync(file, JSON.stringify(elsewhere));
    const env = { KUBECONFIG: cluster().kubeconfig };
    expect(await runStowage(['policy', 'test', '-f', file, '--kube'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no namespace "team-b"') as string,
    });
  });

  it('says what to do where the caller may not read the node', async () => {
    const kubeconfig = await userWhoMay(cluster(), [
      { apiGroups: ['model.kubedl.io'], resources: ['storagepolicies'], verbs: ['list'] },
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    ]);
    const theirs = { ...cluster(), kubeconfig };
    expect(await test(theirs, [NFS])).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await test(theirs, [LOCAL]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/refused to get nodes "worker-7"[^]*The labels decide\. Ask somebody/);
  });
}

/** A kubeconfig of a service account with these rights and no others. */
async function userWhoMay(cluster: Cluster, rules: readonly object[]): Promise<string> {
  const metadata = { name: 'reader' };
  const rbac = 'rbac.authorization.k8s.io';
  const role = { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules };
  const binding = {
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'team-a' }],
  };
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...metadata, namespace: 'team-a' },
  };
  await create(cluster, account, role, binding);
  const token = (await kubectl(cluster, ['create', 'token', 'reader', '-n', 'team-a'])).trim();
  const view = await kubectl(cluster, ['config', 'view', '--raw', '--minify', '-o', 'json']);
  const config = JSON.parse(view) as { users: { user: object }[] };
  for (const each of config.users) each.user = { token };
  const file = join(await tempDir(), 'kubeconfig');
  writeFileSync(file, JSON.stringify(config));
  return file;
}
