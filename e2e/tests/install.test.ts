import { afterAll, beforeAll, describe, expect, it as plain } from 'vitest';
import { crds } from '../../src/api/crd.ts';
import { installation } from '../../src/install/installation.ts';
import type { Manifest } from '../../src/install/manifest.ts';
import { CLUSTER_RULES, OWN_NAMESPACE_RULES, type Rule } from '../../src/install/rbac.ts';
import { runStowage } from '../../test/support/stowage.ts';
import type { Cluster, OwnCluster } from '../cluster/cluster.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { get, kubectl } from '../cluster/kubectl.ts';
import { controlPlaneUnmet } from '../cluster/requirements.ts';
import { stowageImage } from '../cluster/stowage-image.ts';
import { until } from '../cluster/until.ts';
import { describeCluster } from './support/cluster.ts';

const NAMESPACE = 'stowage-system';
const ACCOUNT = `system:serviceaccount:${NAMESPACE}:stowage-controller`;

interface List<T> {
  readonly items: readonly T[];
}

/** Installs as a person would: one stream, in one go. @returns what kubectl says */
async function install(cluster: Cluster, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runStowage(['manifests', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return kubectl(cluster, ['apply', '--server-side', '-f', '-'], { input: stdout });
}

/** Whether somebody may do something. */
async function may(cluster: Cluster, who: readonly string[], ...what: readonly string[]): Promise<boolean> {
  // It exits with 1 where the answer is no.
  const answer = await kubectl(cluster, ['auth', 'can-i', ...what, ...who]).catch((error: unknown) =>
    String(error),
  );
  return /^yes/m.test(answer);
}

const unmet = controlPlaneUnmet();
const why = unmet === undefined ? '' : ` (skipped: ${unmet})`;

describe.skipIf(unmet !== undefined)(`what stowage manifests prints${why}`, () => {
  let own: OwnCluster | undefined;
  const cluster = (): Cluster => own?.cluster ?? expect.unreachable('it was not started');

  beforeAll(async () => {
    own = await startControlPlane({ controllers: true });
    await install(cluster(), '--image', 'registry.example.com/stowage:v1');
  });
  afterAll(() => own?.stop());

  describe('installing it', () => installing(cluster));
  describe('the rights of the controller', () => rightsOfController(cluster));
  describe('the roles of users', () => rolesOfUsers(cluster));
});

function installing(cluster: () => Cluster): void {
  plain('is applied in one go, all of it, and again', async () => {
    const said = await install(cluster(), '--image', 'registry.example.com/stowage:v1');
    const settings = { namespace: NAMESPACE, image: 'i', replicas: 1, settings: {}, authorities: undefined };
    expect(said.trim().split('\n')).toHaveLength(installation(settings).length);
    const names = crds().map(({ metadata }) => `crd/${metadata.name}`);
    await kubectl(cluster(), ['wait', '--for=condition=Established', ...names]);
  });

  plain('makes pods that Pod Security restricted lets in', async () => {
    const pods = await until({ what: 'two pods', timeoutMs: 30_000 }, async () => {
      const { items } = await get<List<Manifest>>(cluster(), ['pods'], NAMESPACE);
      return items.length === 2 ? items : undefined;
    });
    expect(pods[0]?.metadata.labels).toMatchObject({ 'app.kubernetes.io/component': 'controller' });
  });
}

function rightsOfController(cluster: () => Cluster): void {
  plain('lets the controller do what its table says', async () => {
    const rights = async (rules: readonly Rule[], ...scope: readonly string[]): Promise<string[]> => {
      const refused: string[] = [];
      for (const { apiGroups, resources, resourceNames = [], verbs } of rules)
        for (const verb of verbs) {
          const [resource = '', subresource] = (resources[0] ?? '').split('/');
          const what = apiGroups[0] === '' ? resource : `${resource}.${apiGroups[0] ?? ''}`;
          const target = [what, ...resourceNames].join('/');
          const flags = subresource === undefined ? [] : ['--subresource', subresource];
          const allowed = await may(cluster(), ['--as', ACCOUNT], verb, target, ...flags, ...scope);
          if (!allowed) refused.push(`${verb} ${target} ${subresource ?? ''}`);
        }
      return refused;
    };
    expect(await rights(CLUSTER_RULES, '-A')).toEqual([]);
    expect(await rights(OWN_NAMESPACE_RULES, '-n', NAMESPACE)).toEqual([]);
  });

  plain.each([
    ['get', 'secrets', '-A'],
    ['list', 'secrets', '-n', NAMESPACE],
    ['update', 'modelversions.model.kubedl.io', '-A'],
    ['create', 'pods', '--subresource', 'exec', '-A'],
    ['update', 'leases.coordination.k8s.io/other', '-n', NAMESPACE],
    ['create', 'leases.coordination.k8s.io', '-n', 'default'],
  ])('does not let the controller %s %s %s %s', async (...what) => {
    expect(await may(cluster(), ['--as', ACCOUNT], ...what)).toBe(false);
  });
}

function rolesOfUsers(cluster: () => Cluster): void {
  plain.each([
    ['view', ['get', 'modelversions'], true],
    ['view', ['get', 'models', '--subresource', 'status'], true],
    ['view', ['create', 'modelversions'], false],
    ['edit', ['get', 'modelversions'], true],
    ['edit', ['create', 'modelversions'], true],
    ['edit', ['update', 'modelversions', '--subresource', 'status'], false],
    ['admin', ['delete', 'models'], true],
    ['admin', ['create', 'storagepolicies'], false],
  ])('lets who has the role %s %j: %s', async (role, what, allowed) => {
    const bind = ['create', 'rolebinding', `is-${role}`, `--clusterrole=${role}`, `--user=${role}`];
    await kubectl(cluster(), [...bind, '-n', 'default', '--dry-run=client', '-o', 'yaml']).then((input) =>
      kubectl(cluster(), ['apply', '-f', '-'], { input }),
    );
    const options = { what: `${role} to be asked`, timeoutMs: 10_000 };
    const answer = until(options, async () =>
      (await may(cluster(), ['--as', role], ...what, '-n', 'default')) === allowed
        ? 'as it should'
        : undefined,
    );
    expect(await answer).toBe('as it should');
  });
}

describeCluster('an installed controller', ['registry'], (cluster) => {
  afterAll(async () => {
    const { stdout } = await runStowage(['manifests', '--image', 'any', '-o', 'json']);
    const { items } = JSON.parse(stdout) as List<Manifest>;
    // Other tests have objects of these kinds.
    const input = JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'List' },
      items: items.filter(({ kind }) => kind !== 'CustomResourceDefinition'),
    });
    await kubectl(cluster, ['delete', '--ignore-not-found', '-f', '-'], { input });
  });

  plain('runs, leads, and lacks no right', async () => {
    await install(cluster, '--image', await stowageImage(cluster));
    const rollout = ['rollout', 'status', 'deployment/stowage-controller', '--timeout=90s'];
    await kubectl(cluster, rollout, { namespace: NAMESPACE, timeoutMs: 100_000 });
    const leader = await until({ what: 'a leader', timeoutMs: 30_000 }, async () => {
      const lease = await get<Lease>(cluster, ['lease', 'stowage-controller'], NAMESPACE);
      return lease.spec.holderIdentity === '' ? undefined : lease.spec.holderIdentity;
    });
    const { items } = await get<List<Manifest>>(cluster, ['pods'], NAMESPACE);
    expect(items.map(({ metadata }) => metadata.name)).toContain(leader);
    const log = await kubectl(cluster, ['logs', leader], { namespace: NAMESPACE });
    expect(log).toContain('"msg":"leading"');
    expect(log).not.toContain('ClusterAuth');
  });
});

interface Lease {
  readonly spec: { readonly holderIdentity?: string };
}
