import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { LABELS, MANAGED_BY, VERSION_ANNOTATION } from '../../src/api/labels.ts';
import { namesOf } from '../../src/controller/names.ts';
import { CLUSTER_RULES, OWN_NAMESPACE_RULES } from '../../src/install/rbac.ts';
import { kanikoImage } from '../cluster/kaniko-image.ts';
import { create, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { until } from '../cluster/until.ts';
import { createAccount, removeAccount } from './support/account.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import { startGate, type Gate } from './support/gate.ts';
import { parseMetrics } from './support/installed.ts';
import { podOf } from './support/pods.ts';
import {
  apply,
  modelFolder,
  policyFor,
  readModel,
  readVersion,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/** Versions of a Model that is not there yet, to be reconciled at once: all but one find it made meanwhile. */
const AT_ONCE = ['a', 'b', 'c', 'd', 'e', 'f'];
const FILE_SYSTEM = 'fs-0123456789abcdef0';
/** What has happened twice is written once a minute. */
const TEST_MS = 400_000;

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

/** Who lacks the right is not told whether the object is there, or what has become of it. */
const LET_IN = /^(2\d\d|404|409)$/;

function rightsOf(calls: readonly Call[]): string[] {
  return [...new Set(calls.filter(({ code }) => LET_IN.test(code)).map(({ right }) => right))].sort();
}

const TABLE = [
  ...new Set(
    [...CLUSTER_RULES, ...OWN_NAMESPACE_RULES].flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${resource} ${verb}`)),
    ),
  ),
].sort();

describeCluster('the rights of the controller', ['busybox', 'registry', 'node', 'kaniko'], (cluster) => {
  let model: ModelFolder;
  let controller: Controller;
  let gate: Gate;
  let directory: string;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    gate = await startGate(cluster);
    directory = await mkdtemp(join(tmpdir(), 'stowage-account-'));
    await createAccount(cluster, join(directory, 'kubeconfig'));
    // The first to lead makes it.
    await kubectl(cluster, ['delete', '--ignore-not-found', 'lease', 'stowage-controller', '-n', 'default']);
  });
  afterAll(async () => {
    await controller.stop();
    await removeAccount(cluster);
    await rm(directory, { recursive: true });
    await gate.stop();
    await model.remove();
  });

  it(
    'are what it needs and no more',
    async ({ namespace }) => {
      const other = await secondNamespace(namespace);
      await apply(cluster, orphan(namespace));
      await apply(cluster, ...AT_ONCE.map((name) => version(namespace, name)), version(other, 'a'));
      controller = await start();
      await holdTwice(namespace);
      await succeed(namespace, other);
      await findNamesTaken(namespace);
      await buildWithKaniko(namespace);
      await fail(namespace);
      await interrupt(other);
      for (const each of [namespace, other]) await kubectl(cluster, ['delete', 'mv', '--all', '-n', each]);
      await untilClean(cluster);
      // The last to come, whatever it is answered: counts of events are written once a minute.
      const isCounted = async (): Promise<boolean> =>
        (await callsOf(controller)).some(({ right }) => right === 'events patch');
      await until({ what: 'the count of an event', timeoutMs: 90_000, everyMs: 500 }, isCounted);
      const calls = await callsOf(controller);
      expect(rightsOf(calls)).toEqual(TABLE);
      expect(calls.filter(({ code }) => code === '401' || code === '403')).toEqual([]);
    },
    TEST_MS,
  );

  async function start(): Promise<Controller> {
    const account = { ...cluster, kubeconfig: join(directory, 'kubeconfig') };
    const registries = { plainHttp: [cluster.registry.host, gate.host] };
    const retries = { attempts: 3, firstDelay: 1, maxDelay: 2 };
    const builder = { kaniko: { image: await kanikoImage(cluster) } };
    return startController(account, {
      settings: { builder, registries, retries, deadlines: { start: 20 } },
    });
  }

  async function secondNamespace(first: string): Promise<string> {
    const second = `${first}-b`;
    await kubectl(cluster, ['create', 'ns', second]);
    onTestFinished(async () => {
      await kubectl(cluster, ['delete', 'ns', second, '--wait=false']);
    });
    for (const each of [first, second]) {
      const targets = [cluster.registry.host, gate.host];
      const AWSEfs = [{ fileSystemIds: [FILE_SYSTEM] }];
      await apply(
        cluster,
        policyFor(cluster, each, [dirname(model.path)], { targets, AWSEfs, builders: ['stream', 'kaniko'] }),
      );
      onTestFinished(async () => {
        await kubectl(cluster, ['delete', 'storagepolicy', each]);
      });
    }
    return second;
  }

  /** What happens a second time is no new event, but a count. */
  async function holdTwice(namespace: string): Promise<void> {
    await apply(cluster, atGate(namespace, 'held', { suspend: true }));
    await untilReason(cluster, namespace, 'held', 'Suspended');
    await suspend(namespace, 'held', false);
    await untilReason(cluster, namespace, 'held', 'Building');
    await suspend(namespace, 'held', true);
    await untilReason(cluster, namespace, 'held', 'Suspended');
  }

  async function succeed(namespace: string, other: string): Promise<void> {
    for (const name of AT_ONCE) await untilReason(cluster, namespace, name, 'Succeeded');
    await untilReason(cluster, other, 'a', 'Succeeded');
    const versions = async () => (await readModel(cluster, namespace, 'bert')).status?.versions;
    await expect.poll(versions, { timeout: 30_000 }).toBe(AT_ONCE.length + 1); // with the one that is held back
  }

  /** What an attempt would make is there, and somebody else's: the next attempt takes other names. */
  async function findNamesTaken(namespace: string): Promise<void> {
    for (const kind of ['pod', 'claim', 'volume'] as const) {
      await apply(cluster, version(namespace, kind, { suspend: true }));
      const names = namesOf(await untilReason(cluster, namespace, kind, 'Suspended'), 1);
      const taken = OTHERS[kind](names[kind], namespace, cluster.busybox);
      await create(cluster, taken);
      await suspend(namespace, kind, false);
      const { status } = await untilReason(cluster, namespace, kind, 'Succeeded');
      expect(status).toMatchObject({ attempts: 2 });
      const where = kind === 'volume' ? [] : ['-n', namespace];
      await kubectl(cluster, ['delete', taken.kind, names[kind], '--grace-period=1', ...where]);
    }
  }

  /** Its pod waits for a ConfigMap, whose name is somebody else's at the first attempt. */
  async function buildWithKaniko(namespace: string): Promise<void> {
    await apply(cluster, version(namespace, 'kaniko', { builder: 'kaniko', suspend: true }));
    const { pod: name } = namesOf(await untilReason(cluster, namespace, 'kaniko', 'Suspended'), 1);
    await create(cluster, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
    await suspend(namespace, 'kaniko', false);
    const { status } = await untilReason(cluster, namespace, 'kaniko', 'Succeeded');
    expect(status).toMatchObject({ attempts: 2 });
    await kubectl(cluster, ['delete', 'configmap', name, '-n', namespace]);
  }

  /** A failure that only events tell of, one of a node that is not there, and a new try. */
  async function fail(namespace: string): Promise<void> {
    const imagePushSecrets = [{ name: 'nowhere' }];
    const storage = { localStorage: { path: model.path, nodeName: 'nowhere' } };
    await apply(cluster, version(namespace, 'secretless', { imagePushSecrets }));
    await apply(cluster, version(namespace, 'nodeless', { storage }));
    const efs = { AWSEfs: { volumeHandle: FILE_SYSTEM } };
    await apply(cluster, version(namespace, 'driverless', { storage: efs }));
    await untilReason(cluster, namespace, 'driverless', 'DriverMissing');
    await untilReason(cluster, namespace, 'secretless', 'SecretMissing');
    await untilStalled(namespace, 'nodeless', 'NodeNotFound');
    await annotate(namespace, 'nodeless', 'retry');
    await untilStalled(namespace, 'nodeless', 'NodeNotFound');
  }

  /** Builds that run, one whose pod is taken away and that is cancelled, one that is deleted. */
  async function interrupt(namespace: string): Promise<void> {
    await apply(cluster, atGate(namespace, 'lost'), atGate(namespace, 'gone'));
    const isAsked = async (): Promise<boolean> =>
      rightsOf(await callsOf(controller)).includes('pods/log get');
    await until({ what: 'a look at how far a build is', timeoutMs: 60_000, everyMs: 500 }, isAsked);
    const { pod } = namesOf(await untilReason(cluster, namespace, 'lost', 'Building'), 1);
    await kubectl(cluster, ['delete', 'pod', pod, '--force', '-n', namespace]);
    await until({ what: 'another attempt', timeoutMs: 60_000, everyMs: 200 }, async () => {
      const { status } = await readVersion(cluster, namespace, 'lost');
      return status?.attempts === 2;
    });
    await annotate(namespace, 'lost', 'cancel');
    await untilReason(cluster, namespace, 'lost', 'Cancelled');
    await kubectl(cluster, ['delete', 'mv', 'gone', '-n', namespace]);
  }

  function version(namespace: string, name: string, spec: object = {}): KubeObject {
    return versionOf(cluster, { name, namespace, path: model.path, spec });
  }

  /** A build that does not end, because its registry does not answer. */
  function atGate(namespace: string, name: string, spec: object = {}): KubeObject {
    return version(namespace, name, { imageRepo: `${gate.host}/${namespace}/${name}`, ...spec });
  }

  async function suspend(namespace: string, name: string, held: boolean): Promise<void> {
    const patch = JSON.stringify({ spec: { suspend: held } });
    await kubectl(cluster, ['patch', 'mv', name, '--type=merge', '-p', patch], { namespace });
  }

  async function annotate(namespace: string, name: string, request: 'retry' | 'cancel'): Promise<void> {
    await kubectl(cluster, ['annotate', 'mv', name, `model.kubedl.io/${request}=now`], { namespace });
  }

  /** Given up, and every request that was made has been heard. */
  async function untilStalled(namespace: string, name: string, reason: string): Promise<void> {
    await until({ what: `${name} to be given up`, timeoutMs: 60_000, everyMs: 200 }, async () => {
      const { metadata, status } = await readVersion(cluster, namespace, name);
      const { conditions = [], lastHandledRetry } = status ?? {};
      return (
        conditions.some(
          (each) => each.type === 'Stalled' && each.status === 'True' && each.reason === reason,
        ) && lastHandledRetry === metadata.annotations?.['model.kubedl.io/retry']
      );
    });
  }
});

/** A volume of a version that is no more. */
function orphan(namespace: string): KubeObject {
  return volume('stowage-orphan', {
    labels: { [LABELS.managedBy]: MANAGED_BY, [LABELS.versionUid]: randomUUID() },
    annotations: { [VERSION_ANNOTATION]: `${namespace}/no-more` },
  });
}

function volume(name: string, metadata: object = {}): KubeObject {
  return {
    ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name, ...metadata } },
    spec: {
      ...{ capacity: { storage: '1Ki' }, accessModes: ['ReadOnlyMany'], storageClassName: '' },
      hostPath: { path: '/nowhere' },
      claimRef: { namespace: 'default', name: 'nobody' },
    },
  };
}

/** Objects that are not the controller's. */
const OTHERS: Readonly<
  Record<'pod' | 'claim' | 'volume', (name: string, namespace: string, image: string) => KubeObject>
> = {
  pod: (name, namespace, image) => podOf({ name, namespace, image, script: 'sleep 600' }),
  volume: (name) => volume(name),
  claim: (name, namespace) => ({
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace } },
    spec: {
      ...{ accessModes: ['ReadWriteMany'], storageClassName: 'nobody' },
      resources: { requests: { storage: '1Gi' } },
    },
  }),
};
