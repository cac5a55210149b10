import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { selfSigned } from '../../test/support/certificates.ts';
import { LOGIN } from '../../test/support/registries.ts';
import { create, kubectl } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController } from './support/controller.ts';
import { loginSecret, registryBeside } from './support/registry-beside.ts';
import {
  apply,
  conditionOf,
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

describeCluster('a build for a registry', ['registry', 'node'], (cluster) => {
  let model: ModelFolder;
  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
  });
  afterAll(() => model.remove());

  async function controllerFor(namespace: string, host: string, registries: object): Promise<void> {
    const policy = policyFor(cluster, namespace, [MODELS_DIRECTORY], { targets: [host] });
    await create(cluster, policy);
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    const retries = { attempts: 1 };
    const controller = await startController(cluster, { settings: { registries, retries } });
    onTestFinished(() => controller.stop().then(() => undefined));
  }

  it('that asks for credentials takes those of the Secrets, and tells wrong ones apart', async ({
    namespace,
  }) => {
    const host = await registryBeside(cluster, { auth: true });
    await controllerFor(namespace, host, { plainHttp: [host] });
    await loginSecret(cluster, namespace, 'wrong', { host, password: 'guessed' });
    await loginSecret(cluster, namespace, 'right', { host, password: LOGIN.password });
    const build = (name: string, spec: object) =>
      apply(
        cluster,
        versionOf(cluster, {
          ...{ name, namespace, path: model.path },
          spec: { imageRepo: `${host}/team/bert`, ...spec },
        }),
      );
    await build('without', {});
    await build('wrong', { imagePushSecrets: [{ name: 'wrong' }] });
    await build('right', { imagePushSecrets: [{ name: 'right' }] });
    const refused = await untilReason(cluster, namespace, 'wrong', 'RegistryAuth');
    const { message = '' } = conditionOf(refused, 'Stalled') ?? {};
    expect(message).toContain(host);
    expect(message).not.toContain('guessed');
    await untilReason(cluster, namespace, 'without', 'RegistryAuth');
    await untilReason(cluster, namespace, 'right', 'Succeeded');
    await loginSecret(cluster, namespace, 'regcred', { host, password: LOGIN.password });
    await build('default', {});
    await untilReason(cluster, namespace, 'default', 'Succeeded');
  });

  it('with a certificate that nobody vouches for is refused', async ({ namespace }) => {
    const host = await registryBeside(cluster, { tls: await selfSigned(cluster.node.hostAddress) });
    await controllerFor(namespace, host, {});
    const spec = { imageRepo: `${host}/team/bert` };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    await untilReason(cluster, namespace, 'v1', 'TlsUntrusted');
  });

  it('with a certificate of an authority that the administrator names is trusted', async ({ namespace }) => {
    const tls = await selfSigned(cluster.node.hostAddress);
    const host = await registryBeside(cluster, { tls });
    await controllerFor(namespace, host, { caFile: tls.certFile });
    const spec = { imageRepo: `${host}/team/bert`, compression: 'zstd' };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });
});
