import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { isReady } from '../../src/builders/status.ts';
import { kill, processesWith, processId } from '../cluster/proc.ts';
import { say } from '../cluster/say.ts';
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

/* Builder pods that are killed at any moment: the next one goes on where they stopped. */

const MIB = 1024 * 1024;
const SHARD = 64 * MIB;
const SHARDS = 2;
const VERSIONS = 25;
/** Of each version. */
const KILLS = 2;
/** So slow that a build takes seconds, so fast that the test does not take many. */
const BANDWIDTH_MIB = 48;
const SETTINGS = {
  builder: { bandwidth: `${BANDWIDTH_MIB}MiB/s` },
  retries: { firstDelay: 1, maxDelay: 1 },
};
/** Of the start of the program and of all it has to send. */
const LONGEST_MS = 1000 * (0.5 + (SHARDS * SHARD) / MIB / BANDWIDTH_MIB);
/** For a builder to come. */
const BUILDER_MS = 120_000;
const ASK_EVERY_MS = 2_000;
const LOOK_EVERY_MS = 50;
/** Versions at a time. */
const LANES = 5;
const TEST_MS = 600_000;

describeCluster('a builder', ['registry', 'node'], (cluster) => {
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

  /** A Model and a repository of its own each: nothing but its own attempts can help it. */
  const version = (namespace: string, name: string) =>
    versionOf(cluster, {
      ...{ name, namespace, path: model.path },
      spec: { modelName: name, imageRepo: `${cluster.registry.host}/${namespace}/${name}` },
    });

  /** The builder of a version that is none of these; undefined: the version is ready without it. */
  async function nextBuilder(
    namespace: string,
    name: string,
    before: ReadonlySet<number>,
  ): Promise<number | undefined> {
    for (const end = performance.now() + BUILDER_MS; performance.now() < end;) {
      // Asking the API server takes as long as some builds run.
      const asked = performance.now();
      while (performance.now() < asked + ASK_EVERY_MS) {
        const found = processesWith([' build ', `/${namespace}/${name}:`]).find((each) => !before.has(each));
        if (found !== undefined) return found;
        await delay(LOOK_EVERY_MS);
      }
      if (isReady((await readVersion(cluster, namespace, name)).status)) return undefined;
    }
    throw new Error(`${name} has neither a builder nor an image`);
  }

  /** Kills the builders of a version, each when it has run for some time. @returns how many were killed */
  async function killBuilders(namespace: string, name: string): Promise<number> {
    const seen = new Set<number>();
    for (let kills = 0; kills < KILLS; kills += 1) {
      const pid = await nextBuilder(namespace, name, seen);
      if (pid === undefined) return kills;
      seen.add(pid);
      const builder = processId(pid);
      await delay(Math.random() * LONGEST_MS);
      kill(builder);
    }
    return KILLS;
  }

  it(
    'that is killed at any moment leaves a build that ends with the same image, and sends little again',
    async ({ namespace }) => {
      await apply(cluster, policyFor(cluster, namespace, [join(model.path, '..')]));
      await apply(cluster, version(namespace, 'undisturbed'));
      const { status: expected } = await untilReason(cluster, namespace, 'undisturbed', 'Succeeded');
      let [kills, next] = [0, 0];
      const ends: { sent: number; attempts: number }[] = [];
      const lane = async (): Promise<void> => {
        while (next < VERSIONS) {
          const name = `killed-${next++}`;
          await apply(cluster, version(namespace, name));
          const killed = await killBuilders(namespace, name);
          kills += killed;
          const { status } = await untilReason(cluster, namespace, name, 'Succeeded');
          expect(status?.digest).toBe(expected?.digest);
          expect(status).not.toHaveProperty('uploads');
          ends.push({ sent: status?.bytes?.sent ?? 0, attempts: status?.attempts ?? 0 });
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      const resumed = ends.filter(({ sent, attempts }) => attempts > 1 && sent < SHARDS * SHARD).length;
      say(`builders killed: ${kills}; of ${VERSIONS} last attempts ${resumed} sent less than all`);
      expect(kills).toBeGreaterThan(VERSIONS);
      expect(resumed).toBeGreaterThan(VERSIONS / 4);
    },
    TEST_MS,
  );
});
