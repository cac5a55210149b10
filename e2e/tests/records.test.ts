import { appendFile, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  apply,
  modelFolder,
  policyFor,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* What a version learnt of its files spares the next one. */

const MIB = 1024 * 1024;
/** As a file of this size is a layer of its own. */
const SHARD = 64 * MIB;
const SMALL = { 'config.json': '{"model_type":"bert"}\n', 'vocab/words.txt': 'a\nb\n' };
/** What was touched shortly before a build is read again by the next one. Milliseconds. */
const SETTLED_MS = 36_000;
/** One for each test, so that all of them wait for it once. */
const MODELS = 5;

describeCluster('the next version of a model', ['registry', 'node'], (cluster) => {
  let controller: Controller;
  let model: ModelFolder;
  const models: ModelFolder[] = [];
  beforeAll(async () => {
    await applyCrds(cluster);
    for (let count = 0; count < MODELS; count += 1)
      models.push(
        await modelFolder({
          ...SMALL,
          'model-1.bin': Buffer.alloc(SHARD, 'a'),
          'model-2.bin': Buffer.alloc(SHARD, 'b'),
        }),
      );
    await delay(SETTLED_MS);
  }, SETTLED_MS + 60_000);
  beforeEach(async () => {
    controller = await startController(cluster);
    const next = models.shift();
    if (next === undefined) throw new Error('there are fewer models than tests');
    model = next;
  });
  afterEach(async () => {
    await controller.stop();
    await model.remove();
  });
  afterAll(() => Promise.all(models.map((each) => each.remove())));

  async function build(namespace: string, name: string, spec: object = {}): Promise<ModelVersionObject> {
    await apply(cluster, versionOf(cluster, { name, namespace, path: model.path, spec }));
    return untilReason(cluster, namespace, name, 'Succeeded');
  }

  const allow = (namespace: string): Promise<void> =>
    apply(cluster, policyFor(cluster, namespace, [join(model.path, '..')]));

  it('reads and sends nothing of what has not changed', async ({ namespace }) => {
    await allow(namespace);
    const first = await build(namespace, 'v1');
    expect(first.status?.record).toMatch(/^sha256:/);
    const second = await build(namespace, 'v2');
    expect(second.status?.digest).toBe(first.status?.digest);
    expect(second.status?.bytes).toMatchObject({ read: 0, sent: 0 });
    expect(second.status?.bytes?.reused).toBeGreaterThan(2 * SHARD);
  });

  it('reads and sends the shard that has changed, and nothing else', async ({ namespace }) => {
    await allow(namespace);
    await build(namespace, 'v1');
    const shard = await open(join(model.path, 'model-2.bin'), 'r+');
    await shard.write('other', 12_345);
    await shard.close();
    const { status } = await build(namespace, 'v2');
    expect(status?.bytes?.read).toBe(SHARD);
    expect(status?.bytes?.sent).toBeGreaterThan(SHARD);
    expect(status?.bytes?.sent).toBeLessThan(SHARD + MIB / 16);
  });

  it('in another repository of the registry has its layers from there', async ({ namespace }) => {
    await allow(namespace);
    const first = await build(namespace, 'v1');
    const imageRepo = `${cluster.registry.host}/${namespace}/elsewhere`;
    const { status } = await build(namespace, 'v2', { imageRepo });
    expect(status?.digest).toBe(first.status?.digest);
    expect(status?.bytes).toMatchObject({ read: 0, sent: 0 });
  });

  it('reads everything where it is told to', async ({ namespace }) => {
    await allow(namespace);
    await build(namespace, 'v1');
    const { status } = await build(namespace, 'v2', { verifySource: 'full' });
    expect(status?.bytes?.read).toBe(status?.bytes?.source);
    expect(status?.bytes?.sent).toBe(0);
  });

  it('is right after a small file was written to', async ({ namespace }) => {
    await allow(namespace);
    const first = await build(namespace, 'v1');
    await appendFile(join(model.path, 'vocab', 'words.txt'), 'c\n');
    const { status } = await build(namespace, 'v2');
    expect(status?.digest).not.toBe(first.status?.digest);
    const small = (await readFile(join(model.path, 'config.json'))).length + 'a\nb\nc\n'.length;
    expect(status?.bytes?.read).toBe(small);
    await writeFile(join(model.path, 'vocab', 'words.txt'), SMALL['vocab/words.txt']);
    expect((await build(namespace, 'v3')).status?.digest).toBe(first.status?.digest);
  });
});
