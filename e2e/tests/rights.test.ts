import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { LABELS, MANAGED_BY, VERSION_ANNOTATION } from '../../src/api/labels.ts';
import { namesOf } from '../../src/controller/names.ts';
import { CLUSTER_RULES, OWN_NAMESPACE_RULES } from '../../src/install/rbac.ts';
import { create, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { until } from '../cluster/until.ts';
import { createAccount, removeAccount } from './support/account.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import { parseMetrics } from './support/installed.ts';
import { podOf } from './support/pods.ts';
import {
  apply,
  leftovers,
  modelFolder,
  policyFor,
  readModel,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/** Nothing is there: addresses of this range are routed nowhere (RFC 2544). */
const NOWHERE = '198.18.255.1:5000';
/** Versions of a Model that is not there yet, to be reconciled at once: all but one find it made meanwhile. */
const AT_ONCE = ['a', 'b', 'c', 'd', 'e', 'f'];
/** What has happened twice is written once a minute. */
const TEST_MS = 300_000;

const SERIES = /^stowage_api_calls_total\{verb="(\w+)",resource="([\w/]+)",code="(\w+)"\}$/;

interface Call {
  /** `pods/log get`, in the words of RBAC. */
  readonly right: string;
  readonly code: string;
}

/** All that a controller has asked the API server for, and how it was answered. */
async function callsOf({ address }: Controller): Promise<Call[]> {
  const metrics = parseMetrics(await (await fetch(`${address}/metrics`)).text());
  return [...metrics.keys()].flatMap((series) => {
    const [, verb = '', resource = '', code = ''] = SERIES.exec(series) ?? [];
    return verb === '' ? [] : [{ right: `${resource} ${verb === 'apply' ? 'patch' : verb}`, code }];
  });
}

function rightsOf(calls: readonly Call[]): string[] {
  return [...new Set(calls.filter(({ code }) => code.startsWith('2')).map(({ right }) => right))].sort();
}

const TABLE = [
  ...new Set(
    [...CLUSTER_RULES, ...OWN_NAMESPACE_RULES].flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${resource} ${verb}`)),
    ),
  ),
].sort();

describeCluster('the rights of the controller', ['busybox', 'registry', 'node'], (cluster) => {
  let model: ModelFolder;
  let controller: Controller;
  let directory: string;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    directory = await mkdtemp(join(tmpdir(), 'stowage-account-'));
    await createAccount(cluster, join(directory, 'kubeconfig'));
    // The first to lead makes it.
    await kubectl(cluster, ['delete', '--ignore-not-found', 'lease', 'stowage-controller', '-n', 'default']);
  });
  afterAll(async () => {
    await removeAccount(cluster);
    await rm(directory, { recursive: true });
    await model.remove();
  });

  async function start(): Promise<void> {
    const account = { ...cluster, kubeconfig: join(directory, 'kubeconfig') };
    const retries = { attempts: 3, firstDelay: 1, maxDelay: 2 };
    controller = await startController(account, { settings: { retries, deadlines: { start: 20 } } });
  }

  async function annotate(namespace: string, name: string, request: string): Promise<void> {
    const annotation = `model.kubedl.io/${request}=${Date.now()}`;
    await kubectl(cluster, ['annotate', '--overwrite', 'mv', name, annotation], { namespace });
  }

  async function suspend(namespace: string, name: string, held: boolean): Promise<void> {
    const patch = JSON.stringify({ spec: { suspend: held } });
    await kubectl(cluster, ['patch', 'mv', name, '--type=merge', '-p', patch], { namespace });
  }

  function version(namespace: string, name: string, spec: object = {}): KubeObject {
    return versionOf(cluster, { name, namespace, path: model.path, spec });
  }

  it(
    'are what it needs and no more',
    async ({ namespace }) => {
      const other = `${namespace}-b`;
      await kubectl(cluster, ['create', 'ns', other]);
      onTestFinished(async () => {
        await kubectl(cluster, ['delete', 'ns', other, '--wait=false']);
      });
      for (const each of [namespace, other]) {
        const targets = [cluster.registry.host, NOWHERE];
        await apply(cluster, policyFor(cluster, each, [dirname(model.path)], { targets }));
        onTestFinished(async () => {
          await kubectl(cluster, ['delete', 'storagepolicy', each]);
        });
      }
      await apply(cluster, orphan(namespace));
      await apply(cluster, ...AT_ONCE.map((name) => version(namespace, name)), version(other, 'a'));
      await start();
      onTestFinished(() => controller.stop().then(() => undefined));

      // Twice the same, so that its event is counted.
      const nowhere = { imageRepo: `${NOWHERE}/x/y` };
      await apply(cluster, version(namespace, 'held', { ...nowhere, suspend: true }));
      await untilReason(cluster, namespace, 'held', 'Suspended');
      await suspend(namespace, 'held', false);
      await untilReason(cluster, namespace, 'held', 'Building');
      await suspend(namespace, 'held', true);
      await untilReason(cluster, namespace, 'held', 'Suspended');

      for (const name of AT_ONCE) await untilReason(cluster, namespace, name, 'Succeeded');
      await untilReason(cluster, other, 'a', 'Succeeded');
      await expect
        .poll(async () => (await readModel(cluster, namespace, 'bert')).status?.versions, { timeout: 30_000 })
        .toBe(AT_ONCE.length + 1);

      await takeNames(namespace);
      await fail(namespace);
      await interrupt(other);

      await kubectl(cluster, ['delete', 'mv', '--all'], { namespace });
      await kubectl(cluster, ['delete', 'mv', '--all'], { namespace: other });
      // Of somebody else, each with a name that an attempt would have had.
      for (const what of ['pod/pod', 'pvc/claim', 'pv/volume']) await removeTaken(namespace, what);
      await untilClean(cluster);
      const used = async (): Promise<string[]> => rightsOf(await callsOf(controller));
      await until({ what: 'the events’ counts', timeoutMs: 90_000, everyMs: 500 }, async () =>
        (await used()).includes('events patch'),
      ).catch(() => undefined);
      expect(await used()).toEqual(TABLE);
      const calls = await callsOf(controller);
      expect(calls.filter(({ code }) => code === '401' || code === '403')).toEqual([]);
    },
    TEST_MS,
  );
});
