/** How long one build takes from apply to Ready, on a cluster that has nothing else to do. */
import { run } from '../../e2e/cluster/run.ts';
import { modelFolder, untilClean, versionOf } from '../../e2e/tests/support/versions.ts';
import { MODEL_VERSIONS, type ModelVersionObject } from '../../src/api/resources.ts';
import { shardedModel } from '../model.ts';
import { atMost, median, type Outcome } from '../results.ts';
import { onStage, type Stage } from './stage.ts';
import { followVersions, requestsOf, writesIn } from './watch.ts';

const MEGABYTE = 1024 * 1024;
const READY_MS = 120_000;
const PACK_MS = 300_000;

/** `rounds` builds one after the other, after one that has the node pull the image. */
export async function latency(rounds: number): Promise<Outcome> {
  return onStage(async (stage) => {
    const model = await modelFolder({ 'weights.bin': Buffer.alloc(MEGABYTE, 1) });
    const controller = await stage.controller();
    try {
      await buildOne(stage, model.path, 'first');
      const before = writesIn(await requestsOf(controller.address));
      const seconds: number[] = [];
      for (let round = 0; round < rounds; round++)
        seconds.push(await buildOne(stage, model.path, `round-${round}`));
      const writes = (writesIn(await requestsOf(controller.address)) - before) / rounds;
      const sorted = seconds.toSorted((a, b) => a - b);
      const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? NaN;
      return {
        title: `Apply to Ready, ${rounds} builds of 1 MB one after the other`,
        results: [],
        checks: [
          atMost('apply to Ready, p50', median(seconds), 4, 's'),
          atMost('apply to Ready, p95', p95, 6, 's'),
          atMost('API writes of a build, progress included', writes, 15, ''),
        ],
      };
    } finally {
      await controller.stop();
      await model.remove();
    }
  });
}

/** @param spec more of a version than its path. @returns seconds */
export async function buildOne(stage: Stage, path: string, name: string, spec: object = {}): Promise<number> {
  const { cluster, api, namespace } = stage;
  const following = await followVersions(stage);
  const start = performance.now();
  const all = { imageRepo: `${cluster.registry.host}/${namespace}/${name}`, ...spec };
  const version = versionOf(cluster, { name, namespace, path, spec: all }) as unknown as ModelVersionObject;
  await api.create(MODEL_VERSIONS, version);
  await following.until(following.readyAt.size + 1, READY_MS);
  const seconds = ((following.readyAt.get(name) ?? NaN) - start) / 1000;
  await following.stop();
  // The next build begins on a quiet cluster.
  await untilClean(cluster);
  return seconds;
}

/** A large model in a pod, beside the same model packed by hand: what the cluster adds. */
export async function overhead(gib: number, rounds: number): Promise<Outcome> {
  const model = await shardedModel(gib, 4);
  return onStage(async (stage) => {
    const controller = await stage.controller();
    const added: number[] = [];
    try {
      await buildOne(stage, model.directory, 'first');
      for (let round = 0; round < rounds; round++) {
        const inPod = await buildOne(stage, model.directory, `large-${round}`);
        const packed = await packOnce(stage, model.directory, `packed-${round}`);
        process.stderr.write(`${inPod.toFixed(2)} s in a pod, ${packed.toFixed(2)} s by hand\n`);
        added.push(inPod - packed);
      }
    } finally {
      await controller.stop();
    }
    return {
      title: `${gib} GiB in a builder pod, and packed by hand, ${rounds} rounds in turn`,
      results: [],
      checks: [atMost('what the cluster adds, median of the rounds', median(added), 3, 's')],
    };
  });
}

/** To a repository that has none of its layers. @returns seconds */
async function packOnce({ cluster }: Stage, directory: string, repository: string): Promise<number> {
  const to = `${cluster.registry.host}/${repository}:v1`;
  const start = performance.now();
  await run('./stowage', ['pack', directory, '--to', to, '--plain-http', '--progress', 'off'], {
    timeoutMs: PACK_MS,
  });
  return (performance.now() - start) / 1000;
}
