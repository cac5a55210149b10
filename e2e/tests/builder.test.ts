import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { BuildResult } from '../../src/builders/builder.ts';
import { streamBuilder } from '../../src/builders/stream/stream.ts';
import { LOGIN, startDistribution } from '../../test/support/registries.ts';
import { runStowage } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import { tool } from '../../test/support/tools.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { create } from '../cluster/kubectl.ts';
import { run } from '../cluster/run.ts';
import { until } from '../cluster/until.ts';
import { podOf, prepare, runBuild, startBuild } from './support/builder-pod.ts';
import { describeCluster, it } from './support/cluster.ts';

const number = expect.any(Number) as number;

describeCluster('the stream builder', ['registry', 'node'], (cluster) => {
  const { host } = cluster.registry;

  it('makes what pack makes, where only restricted pods may run', async ({ namespace }) => {
    const model = await makeModel();
    const claimName = await prepare(cluster, namespace, model);
    const to = `${host}/${namespace}/model:v1`;
    const { result, log } = await runBuild(cluster, { namespace, claimName, to });

    expect(result).toMatchObject({ ok: true, summary: { bytes: { sent: number } } });
    const digest = result.ok ? result.summary.digest : '';
    expect((await run(tool('crane'), ['digest', '--insecure', to])).trim()).toBe(digest);
    const packed = await runStowage(['pack', model, '--to', `oci:${await tempDir()}:v1`, '-o', 'json']);
    expect(JSON.parse(packed.stdout)).toMatchObject({ digest });
    expect(streamBuilder.progress(log)).toEqual({ bytes: number, total: number });
    expect(JSON.parse(log.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ event: 'report', digest });
  });

  it('that has too little memory is killed, and that is told', async ({ namespace }) => {
    const claimName = await prepare(cluster, namespace, await makeModel());
    const settings = { requests: {}, limits: { memory: '20Mi' } };
    const wanted = { namespace, claimName, to: `${host}/${namespace}/model:v1`, settings };
    const { result } = await runBuild(cluster, wanted);
    expect(result).toMatchObject({ ok: false, error: { code: 'OutOfMemory', retryable: true } });
  });

  it('reads as its owner what only its owner may read', async ({ namespace }) => {
    const model = await makeModel();
    await chmod(join(model, 'config.json'), 0o600);
    await chown(join(model, 'config.json'), 4711, 4711);
    const claimName = await prepare(cluster, namespace, model);
    const wanted = { namespace, claimName, to: `${host}/${namespace}/model:v1` };
    const refused = await runBuild(cluster, { ...wanted, name: 'nobody' });
    expect(refused.result).toMatchObject({
      ok: false,
      error: { code: 'SourceUnreadable', retryable: false },
    });
    const spec = { securityContext: { runAsUser: 4711 } };
    const { result } = await runBuild(cluster, { ...wanted, name: 'owner', spec });
    expect(result).toMatchObject({ ok: true });
  });
});

describeCluster('the stream builder below the root of a volume', ['registry', 'node'], (cluster) => {
  const { host } = cluster.registry;

  it('reads what is there and nothing else', async ({ namespace }) => {
    const root = await makeModel();
    await mkdir(join(root, 'team/bert'), { recursive: true });
    await writeFile(join(root, 'team/bert/config.json'), '{}');
    const claimName = await prepare(cluster, namespace, root);
    const wanted = { namespace, claimName, to: `${host}/${namespace}/model:v1`, subPath: 'team/bert' };
    const { result } = await runBuild(cluster, wanted);
    expect(result).toMatchObject({ ok: true, summary: { bytes: { source: 2 } } });
  });

  it('does not start where there is nothing', async ({ namespace }) => {
    const claimName = await prepare(cluster, namespace, await makeModel());
    const wanted = { namespace, claimName, to: `${host}/${namespace}/model:v1`, subPath: 'no/such/path' };
    await startBuild(cluster, wanted);
    const waiting = await until({ what: 'the trouble', timeoutMs: 30_000 }, async () => {
      const state = (await podOf(cluster, wanted)).status?.containerStatuses?.[0]?.state;
      return state?.waiting?.reason === 'CreateContainerConfigError' && state.waiting;
    });
    expect(waiting.message).toContain('failed to create subPath directory for volumeMount "model"');
  });
});

describeCluster("the stream builder's credentials", ['registry', 'node'], (cluster) => {
  it('are of the Secrets that the version names, or of regcred', async ({ namespace }) => {
    const registry = await startDistribution({ auth: true, address: cluster.node.hostAddress });
    onTestFinished(() => registry.stop());
    const claimName = await prepare(cluster, namespace, await makeModel());
    const attempt = async (name: string, ...secrets: string[]): Promise<BuildResult> => {
      const spec = secrets.length === 0 ? {} : { imagePushSecrets: secrets.map((each) => ({ name: each })) };
      const to = `${registry.host}/team/model:${name}`;
      return (await runBuild(cluster, { namespace, name, claimName, to, spec })).result;
    };
    const secret = pushSecret(cluster, namespace);
    await secret('right', registry.host, LOGIN);
    await secret('wrong', registry.host, { ...LOGIN, password: 'something else' });
    await secret('other', 'other.example.com', LOGIN);

    expect(await attempt('open')).toMatchObject({ ok: false, error: { code: 'RegistryAuth' } });
    expect(await attempt('wrong', 'wrong')).toMatchObject({ ok: false, error: { code: 'RegistryAuth' } });
    expect(await attempt('second', 'other', 'right')).toMatchObject({ ok: true });
    const missing = await attempt('missing', 'right', 'absent');
    expect(missing).toMatchObject({ ok: false, error: { code: 'SecretMissing', retryable: true } });
    const sentence = `the Secret absent with push credentials, in namespace ${namespace}, does not exist`;
    expect(missing.ok ? '' : missing.error.message).toContain(sentence);
    await secret('regcred', registry.host, LOGIN);
    expect(await attempt('regcred')).toMatchObject({ ok: true });
  });
});

async function makeModel(): Promise<string> {
  const directory = await tempDir();
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'config.json'), '{"architectures": ["BertModel"]}\n');
  await writeFile(join(directory, 'weights.bin'), Buffer.alloc(3_000_000, directory));
  return directory;
}

type MakeSecret = (name: string, host: string, login: typeof LOGIN) => Promise<void>;

/** Makes Secrets as `kubectl create secret docker-registry` does. */
function pushSecret(cluster: Cluster, namespace: string): MakeSecret {
  return async (name, host, { username, password }) => {
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const type = 'kubernetes.io/dockerconfigjson';
    const stringData = { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) };
    await create(cluster, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type,
      stringData,
    });
  };
}
