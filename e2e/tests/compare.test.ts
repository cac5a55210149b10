import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { runStowage, type Run } from '../../test/support/stowage.ts';
import { kanikoImage } from '../cluster/kaniko-image.ts';
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

  async function compare(namespace: string, ...more: string[]): Promise<Run> {
    const file = join(directory, `${namespace}.json`);
    const version = versionOf(cluster, { name: 'bert-v3', namespace, path: model.path });
    await writeFile(file, JSON.stringify(version)); // JSON is YAML
    const plain = cluster.registry.plainHttp ? ['--plain-http'] : [];
    return runStowage(['compare', '-f', file, '--kubeconfig', cluster.kubeconfig, ...plain, ...more]);
  }

  it('builds with both, shows what each takes, and leaves nothing in the cluster', async ({ namespace }) => {
    const policy = policyFor(cluster, namespace, [MODELS_DIRECTORY], { builders: ['stream', 'kaniko'] });
    await apply(cluster, policy);
    const { code, stdout, stderr } = await compare(namespace, '-o', 'json');
    expect(code, stderr).toBe(0);
    const { contenders, notes } = JSON.parse(stdout) as Document;
    expect(contenders).toMatchObject([
      { builder: 'stream', read: LARGE + 32, layers: 3, again: { most: LARGE + 2 * 512 + 1024 } },
      { builder: 'kaniko', layers: 1 },
    ]);
    const [stream, kaniko] = contenders;
    for (const each of [stream, kaniko]) {
      expect(each?.['digest']).toMatch(/^sha256:/);
      expect(each?.['seconds']).toBeGreaterThanOrEqual(0);
    }
    expect(kaniko?.['again']).toEqual({ least: kaniko?.['size'], most: kaniko?.['size'] });
    expect(notes).toContain('kaniko does not tell what it reads and sends.');
    await untilClean(cluster);
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
    expect(stderr).toContain('there are 0 ModelVersions');
  });
});
