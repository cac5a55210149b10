import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { selfSigned } from '../../test/support/certificates.ts';
import { LOGIN, startDistribution, type DistributionOptions } from '../../test/support/registries.ts';
import type { Pod } from '../../src/kube/core.ts';
import { create, get, kubectl } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, type Controller } from './support/controller.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import {
  apply,
  conditionOf,
  leftovers,
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* What fails before Kaniko itself begins: in the controller, in the API server, on the node, in our check before it. */

describeCluster('a build by Kaniko that cannot begin', ['registry', 'node', 'kaniko'], (cluster) => {
  let model: ModelFolder;
  let controller: Controller;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    const retries = { attempts: 2, firstDelay: 1, maxDelay: 2 };
    const settings = { retries, deadlines: { start: 20 } };
    controller = await startKanikoController(cluster, { settings });
  });
  afterAll(async () => {
    await controller.stop();
    await model.remove();
  });

  /** Applies a version and waits for its reason. @returns the words of its condition */
  async function expectReason(namespace: string, reason: string, spec: object = {}, path = model.path) {
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path, spec }));
    const version = await untilReason(cluster, namespace, 'v1', reason);
    const { message = '' } = conditionOf(version, 'Ready') ?? {};
    return { message, stalled: conditionOf(version, 'Stalled')?.status };
  }

  /** Makes the Secret `push`. */
  async function secret(namespace: string, host: string, password: string): Promise<void> {
    const login = [`--docker-username=${LOGIN.username}`, `--docker-password=${password}`];
    const call = ['create', 'secret', 'docker-registry', 'push', `--docker-server=${host}`, ...login];
    await kubectl(cluster, call, { namespace });
  }

  /** A registry beside the cluster's own, that ends with the test. */
  async function registryWith(options: DistributionOptions): Promise<string> {
    const registry = await startDistribution({ ...options, address: cluster.node.hostAddress });
    onTestFinished(() => registry.stop());
    return registry.host;
  }

  it('PolicyDenied: no policy lets it; with the one in the message it is built', async ({ namespace }) => {
    await create(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY]));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    const { message, stalled } = await expectReason(namespace, 'PolicyDenied');
    expect(stalled).toBe('True');
    expect(message).toContain('kaniko');
    const input = message.slice(message.indexOf('apiVersion:'));
    expect(input).toMatch(/builders:\s+- kaniko/);
    await kubectl(cluster, ['apply', '-f', '-'], { input });
    onTestFinished(() =>
      kubectl(cluster, ['delete', 'storagepolicy', `${namespace}-2`]).then(() => undefined),
    );
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('AdmissionDenied: the namespace is restricted; the builder stream passes', async ({ namespace }) => {
    await kubectl(cluster, ['label', 'ns', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await allowKaniko(cluster, namespace);
    const { message, stalled } = await expectReason(namespace, 'AdmissionDenied');
    expect(stalled).toBe('True');
    expect(message).toContain('pod-security.kubernetes.io/enforce=baseline');
    expect(message).toContain('spec.builder: stream');
    await expect.poll(() => leftovers(cluster)).toEqual([]);
    const spec = { builder: 'stream' };
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path: model.path, spec }));
    await untilReason(cluster, namespace, 'v2', 'Succeeded');
  });

  it.for<[what: string, spec: object, words: string]>([
    ['layers as they are', { compression: 'none' }, 'spec.compression'],
    ['another user', { securityContext: { runAsUser: 4711 } }, 'runAsUser'],
    ['a base that may be another by then', { base: 'registry.example.com/base:1' }, '@sha256:'],
    ['several Secrets', { imagePushSecrets: [{ name: 'a' }, { name: 'b' }] }, 'spec.imagePushSecrets'],
  ])('DeclarationInvalid: %s', async ([, spec, words], { namespace }) => {
    const runAs = { users: [{ min: 1, max: 100_000 }], groups: [{ min: 1, max: 100_000 }] };
    await allowKaniko(cluster, namespace, { runAs });
    const { message, stalled } = await expectReason(namespace, 'DeclarationInvalid', spec);
    expect(stalled).toBe('True');
    expect(message).toContain(words);
    expect(message).toContain('spec.builder: stream');
    expect(await kubectl(cluster, ['get', 'pods', '-o', 'name'], { namespace })).toBe('');
  });

  it('Unschedulable: no node has twice as much room as the model needs', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    const { message } = await expectReason(namespace, 'Unschedulable', { sizeHint: '500Ti' });
    expect(message).toContain('ephemeral-storage');
    // As the API server writes 1000Ti.
    const { items } = await get<{ items: Pod[] }>(cluster, ['pods'], namespace);
    const [container] = (items[0]?.spec.containers ?? []) as { resources: { requests: object } }[];
    expect(container?.resources.requests).toMatchObject({ 'ephemeral-storage': '1099511627776k' });
  });

  it('SecretMissing: a Secret is not there, and the build goes on when it is', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    const { message } = await expectReason(namespace, 'SecretMissing', {
      imagePushSecrets: [{ name: 'push' }],
    });
    expect(message).toContain('create secret docker-registry push');
    await secret(namespace, cluster.registry.host, 'guessed');
    await kubectl(cluster, ['annotate', 'mv', 'v1', 'model.kubedl.io/retry=1'], { namespace });
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('PathNotFound, LinkRefused: the kubelet and our check say it before Kaniko does', async ({
    namespace,
  }) => {
    await allowKaniko(cluster, namespace);
    await expectReason(namespace, 'PathNotFound', {}, `${MODELS_DIRECTORY}/not/there`);
    const link = join(dirname(model.path), 'link');
    await symlink('/etc', link);
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path: link }));
    await untilReason(cluster, namespace, 'v2', 'LinkRefused');
  });

  it('ModelTooLarge: the policy has a limit', async ({ namespace }) => {
    await allowKaniko(cluster, namespace, { limits: { modelSize: '1Ki' } });
    const { message } = await expectReason(namespace, 'ModelTooLarge');
    expect(message).toContain('1.0 KiB');
  });

  it('BaseNotFound: there is no such base', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    const base = `${cluster.registry.host}/e2e/none@sha256:${'0'.repeat(64)}`;
    const { message } = await expectReason(namespace, 'BaseNotFound', { base });
    expect(message).toContain('e2e/none');
  });

  it('RegistryUnreachable: nobody answers', async ({ namespace }) => {
    const nobody = `${cluster.node.hostAddress}:1`;
    await allowKaniko(cluster, namespace, { targets: [nobody] });
    await expectReason(namespace, 'RegistryUnreachable', { imageRepo: `${nobody}/x` });
  });

  it('TlsUntrusted: nobody vouches for the certificate', async ({ namespace }) => {
    const host = await registryWith({ tls: await selfSigned(cluster.node.hostAddress) });
    await allowKaniko(cluster, namespace, { targets: [host] });
    const { message } = await expectReason(namespace, 'TlsUntrusted', { imageRepo: `${host}/x` });
    expect(message).toContain('certificate');
  });
});
