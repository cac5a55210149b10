import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { selfSigned } from '../../test/support/certificates.ts';
import { dockerConfig } from '../../test/support/docker-config.ts';
import { LOGIN } from '../../test/support/registries.ts';
import { tool } from '../../test/support/tools.ts';
import { run } from '../cluster/run.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds } from './support/controller.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import { pinned } from './support/read-image.ts';
import { loginSecret, registryBeside } from './support/registry-beside.ts';
import {
  apply,
  conditionOf,
  modelFolder,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* What a registry asks for reaches Kaniko as it reaches our own builder. */

describeCluster('Kaniko pushes', ['busybox', 'registry', 'node', 'kaniko'], (cluster) => {
  let model: ModelFolder;
  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
  });
  afterAll(() => model.remove());

  async function controllerFor(namespace: string, host: string, registries: object): Promise<void> {
    const settings = { registries, retries: { attempts: 1 } };
    const controller = await startKanikoController(cluster, { settings });
    onTestFinished(() => controller.stop().then(() => undefined));
    await allowKaniko(cluster, namespace, { targets: [host] });
  }

  function build(namespace: string, name: string, spec: object): Promise<void> {
    return apply(cluster, versionOf(cluster, { name, namespace, path: model.path, spec }));
  }

  it('with the credentials of the Secret that is named, or of the one that is there', async ({
    namespace,
  }) => {
    const host = await registryBeside(cluster, { auth: true });
    await controllerFor(namespace, host, { plainHttp: [host] });
    await loginSecret(cluster, namespace, 'wrong', { host, password: 'guessed' });
    await loginSecret(cluster, namespace, 'right', { host, password: LOGIN.password });
    const imageRepo = `${host}/team/bert`;
    await build(namespace, 'without', { imageRepo });
    await build(namespace, 'wrong', { imageRepo, imagePushSecrets: [{ name: 'wrong' }] });
    await build(namespace, 'right', { imageRepo, imagePushSecrets: [{ name: 'right' }] });
    const refused = await untilReason(cluster, namespace, 'wrong', 'RegistryAuth');
    expect(conditionOf(refused, 'Stalled')?.message).toContain(host);
    expect(JSON.stringify(refused.status)).not.toContain('guessed');
    await untilReason(cluster, namespace, 'without', 'RegistryAuth');
    await untilReason(cluster, namespace, 'right', 'Succeeded');
    await loginSecret(cluster, namespace, 'regcred', { host, password: LOGIN.password });
    await build(namespace, 'default', { imageRepo });
    await untilReason(cluster, namespace, 'default', 'Succeeded');
  });

  it('to a registry of an authority that the administrator names', async ({ namespace }) => {
    const tls = await selfSigned(cluster.node.hostAddress);
    const host = await registryBeside(cluster, { tls });
    await controllerFor(namespace, host, { caFile: tls.certFile });
    await build(namespace, 'v1', { imageRepo: `${host}/team/bert` });
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(status).toMatchObject({ builder: 'kaniko', image: expect.stringContaining(host) as string });
  });

  it('on top of a base in a registry that asks for the same credentials', async ({ namespace }) => {
    const host = await registryBeside(cluster, { auth: true });
    await controllerFor(namespace, host, { plainHttp: [host] });
    await loginSecret(cluster, namespace, 'regcred', { host, password: LOGIN.password });
    const [, digest = ''] = (await pinned(cluster, cluster.busybox)).split('@');
    const base = `${host}/team/base@${digest}`;
    const env = await dockerConfig({ [host]: LOGIN });
    await run(tool('crane'), ['copy', '--insecure', cluster.busybox, `${host}/team/base:1`], { env });
    await build(namespace, 'v1', { imageRepo: `${host}/team/bert`, base });
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });
});
