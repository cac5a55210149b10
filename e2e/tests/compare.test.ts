import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { runStowage, type Run, type RunOptions } from '../../test/support/stowage.ts';
import { GROUP } from '../../src/api/group.ts';
import { kanikoImage } from '../cluster/kaniko-image.ts';
import { kubectl } from '../cluster/kubectl.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  apply,
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  untilClean,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

const LARGE = 70 * 1024 * 1024;

interface Document {
  readonly contenders: readonly Readonly<Record<string, unknown>>[];
  readonly notes: readonly string[];
}

describeCluster('stowage compare', ['registry', 'node', 'kaniko'], (cluster) => {
  let model: ModelFolder;
  let controller: Controller;
  let directory: string;

  beforeAll(async () => {
    await applyCrds(cluster);
    directory = await mkdtemp(join(tmpdir(), 'stowage-compare-'));
    model = await modelFolder({
      'config.json': '{"architectures": ["BertModel"]}',
      'weights.bin': Buffer.alloc(LARGE, 'weights'),
    });
    const kaniko = { image: await kanikoImage(cluster) };
    controller = await startController(cluster, {
      settings: { builder: { kaniko }, retries: { attempts: 1 } },
    });
  });

  afterAll(async () => {
    await controller.stop();
    await model.remove();
    await rm(directory, { recursive: true });
  });

  /** Versions and Models, by kind and name. */
  async function kept(namespace: string): Promise<string[]> {
    const text = await kubectl(cluster, ['get', 'modelversions,models', '-o', 'name'], { namespace });
    return text.split('\n').filter((line) => line !== '');
  }

  async function nothingLeft(namespace: string): Promise<void> {
    await until({ what: 'no version to be left', timeoutMs: 30_000 }, async () => {
      const left = await kept(namespace);
      if (left.length > 0) throw new Error(left.join(', '));
      return true;
    });
    await untilClean(cluster);
  }

  /** Somebody who may do with versions of the namespace what he likes, and nothing with nodes. @returns a kubeconfig */
  async function editor(namespace: string): Promise<string> {
    const verbs = '--verb=get,list,watch,create,patch,delete';
    const resources = ['modelversions', 'models'].map((plural) => `--resource=${plural}.${GROUP}`);
    const may = (name: string, ...rights: string[]): Promise<string> =>
      kubectl(cluster, ['create', 'role', name, ...rights], { namespace });
    await may('versions', verbs, ...resources);
    await may('pods', '--verb=get,list', '--resource=pods,pods/log');
    for (const role of ['versions', 'pods'])
      await kubectl(cluster, ['create', 'rolebinding', role, `--role=${role}`, '--user=ann'], { namespace });
    const config = JSON.parse(
      await kubectl(cluster, ['config', 'view', '--raw', '--minify', '-o', 'json']),
    ) as { users: { user: object }[] };
    for (const each of config.users) each.user = { ...each.user, as: 'ann' };
    const file = join(directory, `${namespace}-kubeconfig`);
    await writeFile(file, JSON.stringify(config), { mode: 0o600 }); // JSON is YAML
    return file;
  }

  async function compare(
    namespace: string,
    more: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<Run> {
    const file = join(directory, `${namespace}.json`);
    const version = versionOf(cluster, { name: 'bert-v3', namespace, path: model.path });
    await writeFile(file, JSON.stringify(version)); // JSON is YAML
    const plain = cluster.registry.plainHttp ? ['--plain-http'] : [];
    const args = ['compare', '-f', file, '--kubeconfig', cluster.kubeconfig, ...plain, ...more];
    return runStowage(args, options);
  }

  it('builds with both, shows what each takes, and leaves nothing in the cluster', async ({ namespace }) => {
    const policy = policyFor(cluster, namespace, [MODELS_DIRECTORY], { builders: ['stream', 'kaniko'] });
    await apply(cluster, policy);
    const { code, stdout, stderr } = await compare(namespace, ['-o', 'json']);
    expect(code, stderr).toBe(0);
    const { contenders, notes } = JSON.parse(stdout) as Document;
    expect(contenders).toMatchObject([
      { builder: 'stream', read: LARGE + 32, layers: 3, changed: { most: LARGE + 2 * 512 + 1024 } },
      { builder: 'kaniko', layers: 1 },
    ]);
    const [stream, kaniko] = contenders;
    for (const each of [stream, kaniko]) {
      expect(each?.['digest']).toMatch(/^sha256:/);
      expect(each?.['seconds']).toBeGreaterThanOrEqual(0);
    }
    expect(kaniko?.['changed']).toEqual({ least: kaniko?.['size'], most: kaniko?.['size'] });
    expect(notes[0]).toMatch(/^stream sends what is new/);
    await nothingLeft(namespace);
  });

  it('leaves nothing when it is interrupted while a builder pod runs', async ({ namespace }) => {
    const policy = policyFor(cluster, namespace, [MODELS_DIRECTORY], { builders: ['stream', 'kaniko'] });
    await apply(cluster, policy);
    let sent = false;
    const { code, stdout } = await compare(namespace, ['--progress', 'plain'], {
      onStderr(text, kill) {
        if (sent || !text.includes(': Building')) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    await nothingLeft(namespace);
  });

  it('keeps the versions where that is wanted', async ({ namespace }) => {
    await apply(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY]));
    const { stderr } = await compare(namespace, ['--keep']);
    expect(stderr).toContain('code: PolicyDenied');
    expect(await kept(namespace)).toHaveLength(3);
  });

  it('is for people who may not ask kubelets, too', async ({ namespace }) => {
    const policy = policyFor(cluster, namespace, [MODELS_DIRECTORY], { builders: ['stream', 'kaniko'] });
    await apply(cluster, policy);
    const { code, stdout, stderr } = await compare(namespace, ['--kubeconfig', await editor(namespace)]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^Memory, peak +– +–$/m);
    expect(stdout).toMatch(/^- stream, memory: .*nodes\/proxy/m);
    await nothingLeft(namespace);
  });

  it('shows one where the other is refused, and says why', async ({ namespace }) => {
    await apply(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY]));
    const { code, stdout, stderr } = await compare(namespace);
    expect(code).toBe(1);
    expect(stderr).toMatch(/may not build with kaniko[^]*code: PolicyDenied/);
    expect(stdout).toMatch(/^ +STREAM +KANIKO\n/);
    expect(stdout).toMatch(/\nstream +\S+@sha256:[0-9a-f]{64}\n/);
  });

  it('wants one ModelVersion', async () => {
    const file = join(directory, 'none.yaml');
    await writeFile(file, 'apiVersion: model.kubedl.io/v1alpha1\nkind: Model\nmetadata: {name: bert}\n');
    const { code, stderr } = await runStowage(['compare', '-f', file, '--kubeconfig', cluster.kubeconfig]);
    expect(code).toBe(2);
    expect(stderr).toContain('found Model in');
  });
});
