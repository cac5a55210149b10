import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { kill, processesWith, processId } from '../cluster/proc.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  apply,
  modelFolder,
  policyFor,
  readVersion,
  shardedFiles,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* A builder says every four seconds what it has under way: here one runs for long enough to say it several times. */

const MIB = 1024 * 1024;
const SHARD = 64 * MIB;
const SHARDS = 4;
const MODEL = SHARDS * SHARD;
const SETTINGS = {
  builder: { bandwidth: '16MiB/s' },
  retries: { firstDelay: 1, maxDelay: 1 },
};
/** What is on its way at a kill is lost, and so is what had come since the uploads were told of last. */
const LOST = 0.05 * MODEL;

describeCluster('a build that takes long', ['registry', 'node'], (cluster) => {
  let controller: Controller;
  let model: ModelFolder;
  beforeAll(async () => {
    await applyCrds(cluster);
    controller = await startController(cluster, { settings: SETTINGS });
    model = await modelFolder(shardedFiles(SHARDS, SHARD));
  });
  afterAll(async () => {
    await controller.stop();
    await model.remove();
  });

  it('and is killed when half of it is there sends no more than the other half', async ({ namespace }) => {
    await apply(cluster, policyFor(cluster, namespace, [join(model.path, '..')]));
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path }));
    const done = async (): Promise<number> =>
      (await readVersion(cluster, namespace, 'v1')).status?.progress?.bytes ?? 0;
    await expect.poll(done, { timeout: 60_000 }).toBeGreaterThan(MODEL / 2);
    for (const pid of processesWith([' build ', `/${namespace}/`])) kill(processId(pid));
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(status?.attempts).toBe(2);
    expect(status?.bytes?.sent).toBeLessThan(MODEL / 2 + LOST);
  });
});
