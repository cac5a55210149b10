import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { FINALIZER } from '../../src/api/labels.ts';
import { CONTROLLER_NAMESPACE, install, manifests, rolledOut } from '../cluster/install.ts';
import { get, kubectl } from '../cluster/kubectl.ts';
import { freeze, kill, thaw } from '../cluster/proc.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds } from './support/controller.ts';
import { startGate, type Gate } from './support/gate.ts';
import { controllerPods, leader, processOf, scrape } from './support/installed.ts';
import {
  apply,
  leftovers,
  modelFolder,
  policyFor,
  readVersion,
  untilClean,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

const SUCCEEDED = 'stowage_builds_finished_total{result="succeeded",reason="None"}';
/** For kubectl. */
const CONTROLLER = { namespace: CONTROLLER_NAMESPACE };
/** For tests in which a lease expires and pods are started anew. */
const TEST_MS = 400_000;
/** Everything that is of an installation and of no namespace. */
const CLUSTER_WIDE = 'crd,clusterrole,clusterrolebinding,namespace';

interface Items<T> {
  readonly items: readonly T[];
}

describeCluster('the installed controller', ['registry', 'node'], (cluster) => {
  let model: ModelFolder;
  let gate: Gate;
  let printed: string;

  beforeAll(async () => {
    model = await modelFolder();
    gate = await startGate(cluster);
    const plainHttp = [cluster.registry.host, gate.host];
    printed = await manifests(cluster, { registries: { plainHttp } });
    await install(cluster, printed);
  }, TEST_MS);
  afterAll(async () => {
    await kubectl(cluster, ['delete', '--ignore-not-found', '-f', '-'], { input: printed });
    await gate.stop();
    await model.remove();
  }, TEST_MS);

  async function allow(namespace: string): Promise<void> {
    const targets = [cluster.registry.host, gate.host];
    await apply(cluster, policyFor(cluster, namespace, [join(model.path, '..')], { targets }));
    onTestFinished(async () => {
      await kubectl(cluster, ['delete', '--ignore-not-found', 'storagepolicy', namespace]);
    });
  }

  async function untilReady(namespace: string, name: string): Promise<void> {
    const call = ['wait', '--for=condition=Ready', `mv/${name}`, '--timeout=120s'];
    await kubectl(cluster, call, { namespace, timeoutMs: 125_000 });
  }

  /** Begins a build that waits at the gate, and comes back when its pod runs. */
  async function beginBuild(namespace: string): Promise<void> {
    gate.close();
    await allow(namespace);
    const spec = { imageRepo: `${gate.host}/${namespace}/bert` };
    await apply(cluster, versionOf(cluster, { name: 'held', namespace, path: model.path, spec }));
    await until({ what: 'a builder pod that runs', timeoutMs: 90_000 }, async () => {
      const phases = ['get', 'pods', '-o', 'jsonpath={.items[*].status.phase}'];
      return (await kubectl(cluster, phases, { namespace })) === 'Running';
    });
  }

  /** The build goes on where it was, once, and nothing of it stays but its status. */
  async function expectOneEnd(namespace: string): Promise<void> {
    gate.open();
    await untilReady(namespace, 'held');
    const { status } = await readVersion(cluster, namespace, 'held');
    expect(status).toMatchObject({ attempts: 1, failures: 0 });
    await untilClean(cluster);
    await expect
      .poll(async () => (await readVersion(cluster, namespace, 'held')).metadata.finalizers ?? [])
      .not.toContain(FINALIZER);
    const scheduled = ['events', '--field-selector', 'reason=Scheduled'];
    const { items } = await get<Items<unknown>>(cluster, scheduled, namespace);
    expect(items, 'builder pods that were ever given a node').toHaveLength(1);
  }

  async function leaders(): Promise<number[]> {
    const pods = await controllerPods(cluster);
    const all = await Promise.all(pods.map((pod) => scrape(cluster, pod)));
    return all.map((metrics) => metrics.get('stowage_leader') ?? NaN).sort();
  }

  it('builds with the rights of its account, and says so in its metrics', async ({ namespace }) => {
    await kubectl(cluster, ['label', 'ns', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await allow(namespace);
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path }));
    await untilReady(namespace, 'v1');
    await untilClean(cluster);
    const leads = await leader(cluster);
    expect((await scrape(cluster, leads)).get(SUCCEEDED)).toBe(1);
    expect(await leaders()).toEqual([0, 1]);
    for (const path of ['healthz', 'readyz']) {
      const url = `/api/v1/namespaces/${CONTROLLER_NAMESPACE}/pods/${leads}:8080/proxy/${path}`;
      expect(await kubectl(cluster, ['get', '--raw', url])).toBe('ok\n');
    }
    expect(await kubectl(cluster, ['get', 'networkpolicy', '-o', 'name'], CONTROLLER)).toBe(
      'networkpolicy.networking.k8s.io/stowage-controller\n',
    );
  });

  it(
    'lets the other go on at once when the pod that leads is deleted while a build runs',
    async ({ namespace }) => {
      await beginBuild(namespace);
      const first = await leader(cluster);
      await kubectl(cluster, ['delete', 'pod', first], CONTROLLER);
      expect(await leader(cluster, first)).not.toBe(first);
      await expectOneEnd(namespace);
      await rolledOut(cluster);
      expect(await leaders()).toEqual([0, 1]);
    },
    TEST_MS,
  );

  it(
    'goes on when the process that leads is killed while a build runs',
    async ({ namespace }) => {
      await beginBuild(namespace);
      const first = await leader(cluster);
      const process = processOf(first);
      kill(process);
      await until({ what: 'another process', timeoutMs: 90_000, everyMs: 200 }, () => {
        return processOf(first).pid !== process.pid;
      });
      await leader(cluster);
      await expectOneEnd(namespace);
      await rolledOut(cluster);
      expect(await leaders()).toEqual([0, 1]);
    },
    TEST_MS,
  );

  it(
    'lets the other go on when the process that leads hangs, which ends when it wakes up',
    async ({ namespace }) => {
      await beginBuild(namespace);
      const first = await leader(cluster);
      const process = processOf(first);
      freeze(process);
      onTestFinished(() => thaw(process));
      await leader(cluster, first);
      await expectOneEnd(namespace);
      thaw(process);
      const log = (): Promise<string> => kubectl(cluster, ['logs', '--previous', first], CONTROLLER);
      await expect.poll(log, { timeout: 60_000 }).toContain('another process leads now');
      await rolledOut(cluster);
      expect(await leaders()).toEqual([0, 1]);
    },
    TEST_MS,
  );

  it(
    'holds a namespace back when it was removed too early, until it is let go by hand',
    async ({ namespace }) => {
      await beginBuild(namespace);
      const { metadata } = await readVersion(cluster, namespace, 'held');
      expect(metadata.finalizers).toEqual([FINALIZER]);
      await kubectl(cluster, ['delete', 'deployment', 'stowage-controller'], CONTROLLER);
      await kubectl(cluster, ['delete', 'ns', namespace, '--wait=false']);
      const conditions = ['get', 'ns', namespace, '-o', 'jsonpath={.status.conditions[*].message}'];
      await expect
        .poll(() => kubectl(cluster, conditions), { timeout: 60_000 })
        .toContain(`${FINALIZER} in 1 resource instances`);
      const free = [
        'patch',
        'modelversion',
        'held',
        '--type=merge',
        '-p',
        '{"metadata":{"finalizers":null}}',
      ];
      await kubectl(cluster, free, { namespace });
      await kubectl(cluster, ['wait', `ns/${namespace}`, '--for=delete', '--timeout=60s']);
      expect(await leftovers(cluster)).toHaveLength(1);
      await kubectl(cluster, ['delete', 'pv', '-l', 'app.kubernetes.io/managed-by=stowage']);
      expect(await leftovers(cluster)).toEqual([]);
      await kubectl(cluster, ['create', 'ns', namespace]);
      await install(cluster, printed);
    },
    TEST_MS,
  );

  it(
    'finishes what was held back when it is installed again',
    async ({ namespace }) => {
      await beginBuild(namespace);
      await kubectl(cluster, ['delete', 'deployment', 'stowage-controller'], CONTROLLER);
      await kubectl(cluster, ['delete', 'ns', namespace, '--wait=false']);
      await install(cluster, printed);
      await kubectl(cluster, ['wait', `ns/${namespace}`, '--for=delete', '--timeout=90s'], {
        timeoutMs: 95_000,
      });
      await untilClean(cluster);
      await kubectl(cluster, ['create', 'ns', namespace]);
    },
    TEST_MS,
  );

  it(
    'leaves nothing when it is removed in order, in the middle of a build',
    async ({ namespace }) => {
      await beginBuild(namespace);
      await kubectl(cluster, ['delete', 'modelversions', '--all', '--all-namespaces'], {
        timeoutMs: 120_000,
      });
      await untilClean(cluster);
      await kubectl(cluster, ['delete', '-f', '-'], { input: printed, timeoutMs: 120_000 });
      const names = await kubectl(cluster, ['get', CLUSTER_WIDE, '-o', 'name']);
      expect(names.split('\n').filter((name) => /stowage-|kubedl/.test(name))).toEqual([]);
      const kinds = await kubectl(cluster, ['api-resources', '--api-group=model.kubedl.io', '-o', 'name']);
      expect(kinds).toBe('');
      // Other tests have objects of these kinds.
      await applyCrds(cluster);
    },
    TEST_MS,
  );
});
