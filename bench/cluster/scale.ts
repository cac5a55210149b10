/** Many versions: all at once, and all long finished. */
import { setTimeout as sleep } from 'node:timers/promises';
import { leftovers, modelFolder, untilClean, versionOf } from '../../e2e/tests/support/versions.ts';
import { until } from '../../e2e/cluster/until.ts';
import { MODEL_VERSIONS, type ModelVersionObject } from '../../src/api/resources.ts';
import { ready } from '../../src/builders/status.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { atMost, type Outcome } from '../results.ts';
import { onStage, type Stage } from './stage.ts';
import { cpuOf, followVersions, memoryOf, requestsOf, writesIn } from './watch.ts';

const MEGABYTE = 1024 * 1024;
const ALL_READY_MS = 1_200_000;
const SYNCED_MS = 120_000;
/** How long a controller is watched that has nothing to do, in milliseconds. */
const IDLE_MS = 60_000;
/** Creations that are under way at once. */
const AT_ONCE = 20;

/** Tiny models, each with a Model of its own, applied at once; 8 builds run. */
export async function burst(count: number): Promise<Outcome> {
  return onStage(async (stage) => {
    const model = await modelFolder({ 'config.json': '{"model_type":"bert"}' });
    const controller = await stage.controller();
    const following = await followVersions(stage);
    try {
      const start = performance.now();
      await inBatches(count, (index) => createOne(stage, model.path, index));
      const report = setInterval(() => process.stderr.write(`${following.readyAt.size} Ready\n`), 30_000);
      await following.until(count, ALL_READY_MS).finally(() => clearInterval(report));
      const minutes = (performance.now() - start) / 60_000;
      const { peak } = await memoryOf(controller.pid);
      await untilClean(stage.cluster);
      const writes = writesIn(await requestsOf(controller.address)) / count;
      process.stderr.write(`${writes.toFixed(1)} API writes for each\n`);
      return {
        title: `${count} ModelVersions applied at once`,
        results: [],
        checks: [
          atMost('until all are Ready', minutes, 10, 'min'),
          atMost('memory of the controller, at most', peak / MEGABYTE, 200, 'MB'),
          atMost('volumes, claims and pods that are left', (await leftovers(stage.cluster)).length, 0, ''),
        ],
      };
    } finally {
      await following.stop();
      await controller.stop();
      await model.remove();
    }
  });
}

async function createOne({ api, cluster, namespace }: Stage, path: string, index: number): Promise<void> {
  const name = `burst-${index}`;
  const spec = { modelName: name, imageRepo: `${cluster.registry.host}/${namespace}/${name}` };
  const version = versionOf(cluster, { name, namespace, path, spec }) as unknown as ModelVersionObject;
  await api.create(MODEL_VERSIONS, version);
}

/** Versions that have ended, as the controller leaves them; then one is started. */
export async function finished(count: number): Promise<Outcome> {
  return onStage(async (stage) => {
    await inBatches(count, (index) => createFinished(stage, index));
    const start = performance.now();
    const controller = await stage.controller();
    try {
      await until({ what: 'the controller to know the cluster', timeoutMs: SYNCED_MS }, async () => {
        return (await fetch(`${controller.address}/readyz`)).ok;
      });
      const synced = (performance.now() - start) / 1000;
      // Each is looked at once.
      await sleep(IDLE_MS / 4);
      const [cpu, requests] = [await cpuOf(controller.pid), await requestsOf(controller.address)];
      await sleep(IDLE_MS);
      const used = ((await cpuOf(controller.pid)) - cpu) / (IDLE_MS / 1000);
      const writes = writesIn(await requestsOf(controller.address)) - writesIn(requests);
      const { peak } = await memoryOf(controller.pid);
      return {
        title: `A controller that starts beside ${count} finished ModelVersions`,
        results: [],
        checks: [
          atMost('from start to synced, the image of its own included', synced, 15, 's'),
          atMost('memory, at most', peak / MEGABYTE, 300, 'MB'),
          atMost('of a core while idle', used * 100, 1, '%'),
          atMost('writes while idle, but for the Lease', writes, 0, ''),
        ],
      };
    } finally {
      await controller.stop();
    }
  });
}

const DIGEST: Digest = `sha256:${'0'.repeat(64)}`;

/** With a Model that 100 versions share. */
async function createFinished({ api, cluster, namespace }: Stage, index: number): Promise<void> {
  const name = `done-${index}`;
  const spec = { modelName: `model-${index % 100}` };
  const version = versionOf(cluster, { name, namespace, path: '/tmp/model', spec });
  const made = await api.create(MODEL_VERSIONS, version as unknown as ModelVersionObject);
  const summary = {
    image: `${cluster.registry.host}/${namespace}/bert:${name}@${DIGEST}`,
    ...{ digest: DIGEST, size: 1e9, seconds: 4 },
    bytes: { source: 1e9, read: 1e9, sent: 1e9, reused: 0 },
    model: { format: 'safetensors', parameters: 4e8, precision: 'BF16', tensors: 200 } as const,
  };
  const status = ready({ attempts: 1, imageTag: name }, summary, { now: new Date(), generation: 1 });
  await api.update(MODEL_VERSIONS, { ...made, status }, { subresource: 'status' });
}

async function inBatches(count: number, work: (index: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < count; start += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - start) }, (_, index) => work(start + index)),
    );
}
