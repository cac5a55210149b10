import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { kubectl } from '../cluster/kubectl.ts';
import { stowageImage } from '../cluster/stowage-image.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds } from './support/controller.ts';
import { startGate } from './support/gate.ts';
import { kanikoProcess, mountDisk } from './support/kaniko-process.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import { refusingRegistry, type Refusal } from './support/refusing-registry.ts';
import {
  apply,
  conditionOf,
  modelFolder,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* What Kaniko fails of after our check before it has found nothing wrong, each provoked for real. */

const MIB = 1024 * 1024;
const PASSWORD = 'correct-horse-battery';

interface Case {
  readonly namespace: string;
  /** Of the registry that it pushes to. */
  readonly host: string;
  readonly reason: string;
  readonly spec?: object;
  /** More of `builder.kaniko`. */
  readonly kaniko?: object;
  /** Meanwhile. */
  readonly act?: () => Promise<void>;
}

describeCluster('Kaniko’s failures are told by its log', ['registry', 'node', 'kaniko'], (cluster) => {
  let model: ModelFolder;

  beforeAll(async () => {
    await applyCrds(cluster);
    // Noise, which is no smaller when it is compressed.
    model = await modelFolder({ 'config.json': '{}\n', 'weights.bin': randomBytes(150 * MIB) });
  });
  afterAll(() => model.remove());

  /** Has a version fail. @returns what its condition says, which must not hold the password */
  async function expectReason({ namespace, host, reason, spec, kaniko = {}, act }: Case): Promise<string> {
    const login = ['--docker-username=ann', `--docker-password=${PASSWORD}`];
    const secret = ['create', 'secret', 'docker-registry', 'regcred', `--docker-server=${host}`, ...login];
    await kubectl(cluster, secret, { namespace });
    const plainHttp = [host, cluster.registry.host];
    const settings = { registries: { plainHttp }, retries: { attempts: 1 } };
    const controller = await startKanikoController(cluster, { kaniko, settings });
    onTestFinished(() => controller.stop().then(() => undefined));
    // What is to be cleaned up after it is cleaned up before: the controller does it.
    await allowKaniko(cluster, namespace, { targets: [host] });
    const own = { imageRepo: `${host}/${namespace}/bert`, ...spec };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec: own }));
    await act?.();
    const version = await untilReason(cluster, namespace, 'v1', reason);
    const auth = Buffer.from(`ann:${PASSWORD}`).toString('base64');
    for (const each of [PASSWORD, auth]) expect(JSON.stringify(version.status)).not.toContain(each);
    const { message = '' } = conditionOf(version, 'Ready') ?? {};
    return message;
  }

  /** Waits until Kaniko has said something. */
  async function untilSaid(namespace: string, words: string): Promise<void> {
    const pod = ['logs', '-l', 'app.kubernetes.io/managed-by=stowage', '-c', 'builder', '--tail=-1'];
    const log = () => kubectl(cluster, pod, { namespace }).catch(() => '');
    await expect.poll(log, { timeout: 60_000, interval: 100 }).toContain(words);
  }

  const isUpload = (path: string): boolean => path.includes('/blobs/uploads/');

  it.for<[reason: string, when: string, refusal: Refusal, hint: string]>([
    ['RegistryAuth', 'POST', { status: 403, code: 'DENIED' }, 'spec.imagePushSecrets'],
    ['LayerTooLarge', 'PATCH', { status: 413 }, 'spec.builder: stream'],
    ['RegistryQuota', 'PATCH', { status: 429, code: 'TOOMANYREQUESTS' }, ''],
  ])('%s: the registry answers a %s so', async ([reason, when, refusal, hint], { namespace }) => {
    const rule = (method: string, path: string) => (method === when && isUpload(path) ? refusal : undefined);
    const host = await refusingRegistry(cluster, rule);
    const message = await expectReason({ namespace, host, reason });
    expect(message).toMatch(/error (checking push permissions|pushing image)/);
    expect(message).toContain(hint);
  });

  it('RegistryAuth: a repository in which the tag may not be set', async ({ namespace }) => {
    const host = await refusingRegistry(cluster, (method, path) =>
      method === 'PUT' && path.includes('/manifests/') ? { status: 403, code: 'DENIED' } : undefined,
    );
    const message = await expectReason({ namespace, host, reason: 'RegistryAuth' });
    expect(message).toContain('error pushing image');
  });

  it('RegistryUnreachable: the registry goes away while Kaniko builds', async ({ namespace }) => {
    const way = await startGate(cluster);
    way.open();
    const act = async (): Promise<void> => {
      await untilSaid(namespace, 'COPY build/');
      await way.stop();
    };
    const message = await expectReason({ namespace, host: way.host, reason: 'RegistryUnreachable', act });
    expect(message).toContain('error pushing image');
    expect(message).toContain('spec.imageRepo');
  });

  /** A registry before which Kaniko waits until it has been given another disk, and the giving of it. */
  async function withDisk(namespace: string, size: string): Promise<Required<Pick<Case, 'host' | 'act'>>> {
    const asked = Promise.withResolvers<undefined>();
    const mounted = Promise.withResolvers<undefined>();
    // Whether it may push is what Kaniko asks first; our check asks nothing of the kind.
    const host = await refusingRegistry(cluster, async (method) => {
      if (method !== 'POST') return undefined;
      asked.resolve(undefined);
      await mounted.promise;
      return undefined;
    });
    const act = async (): Promise<void> => {
      await asked.promise;
      await mountDisk(await kanikoProcess(`${namespace}/bert`), size);
      mounted.resolve(undefined);
    };
    return { host, act };
  }

  it('OutOfDisk: the disk is full', async ({ namespace }) => {
    const message = await expectReason({
      namespace,
      reason: 'OutOfDisk',
      ...(await withDisk(namespace, '20m')),
    });
    expect(message).toContain('no space left on device');
    expect(message).toContain('spec.sizeHint');
  });

  it('Evicted: it takes more of the disk than it may', async ({ namespace }) => {
    const way = await startGate(cluster);
    onTestFinished(() => way.stop());
    const act = async (): Promise<void> => {
      way.open();
      await untilSaid(namespace, 'COPY build/');
      // The kubelet looks every ten seconds.
      way.close();
    };
    const kaniko = { limits: { memory: '2Gi', 'ephemeral-storage': '50Mi' } };
    const message = await expectReason({ namespace, host: way.host, reason: 'Evicted', kaniko, act });
    expect(message).toContain('ephemeral local storage usage exceeds');
  });

  it('OutOfMemory: the build takes more than it may', async ({ namespace }) => {
    // Kaniko runs well in that. A limit below what its program takes need not kill it: it is paged in over and over.
    const memory = { memory: '96Mi' };
    const message = await expectReason({
      namespace,
      reason: 'OutOfMemory',
      kaniko: { limits: memory, requests: memory },
      ...(await withDisk(namespace, '1g')),
    });
    expect(message).toContain('builder.kaniko.limits');
  });

  it('BuilderFailed: what builds is no Kaniko', async ({ namespace }) => {
    const { host } = cluster.registry;
    const kaniko = { image: await stowageImage(cluster) };
    const message = await expectReason({ namespace, host, reason: 'BuilderFailed', kaniko });
    expect(message).toContain('builder.kaniko.image');
  });
});
