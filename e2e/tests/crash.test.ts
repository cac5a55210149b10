import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { FINALIZER } from '../../src/api/labels.ts';
import { tool } from '../../test/support/tools.ts';
import { kubectl } from '../cluster/kubectl.ts';
import { run } from '../cluster/run.ts';
import { say } from '../cluster/say.ts';
import { until } from '../cluster/until.ts';
import { ApiProxy, type Fate, type Write } from './support/api-proxy.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  apply,
  modelFolder,
  policyFor,
  readModel,
  readVersion,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/** More than any build writes: then a fault that is planned for a later write never comes. */
const MOST_WRITES = 40;
const TEST_MS = 600_000;
/** In the middle of a build: its volume is made. */
const LATE_KILL = 5;

/** Short, so that what fails is tried again while the test looks on. */
const SETTINGS = { retries: { firstDelay: 1, maxDelay: 2 } };

describeCluster('a build', ['registry', 'node'], (cluster) => {
  let model: ModelFolder;
  const explored: Record<string, number> = {};

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
  });
  afterAll(async () => {
    await model.remove();
    const points = Object.entries(explored).map(([what, count]) => `${count} ${what}`);
    say(`points explored: ${points.join(', ')}`);
  });

  /** One image and its record, with the digest that every undisturbed build of these files has, and nothing else left. */
  async function expectTheSameEnd(namespace: string, name: string, digest: string): Promise<void> {
    const { status } = await untilReason(cluster, namespace, name, 'Succeeded');
    expect(status?.digest).toBe(digest);
    await untilClean(cluster);
    await until({ what: 'the finalizer to go', timeoutMs: 30_000 }, () => isOver(namespace, name));
    await until({ what: 'the Model to know', timeoutMs: 30_000 }, async () => {
      const { status: latest } = await readModel(cluster, namespace, `of-${name}`);
      return latest?.latestVersion?.digest === digest && latest.versions === 1;
    });
    const { registry } = cluster;
    const insecure = registry.plainHttp ? ['--insecure'] : [];
    const tags = await run(tool('crane'), ['ls', ...insecure, `${registry.host}/${namespace}/${name}`]);
    // The registry has no referrers API: the record of the build hangs on a tag of its own.
    expect(new Set(tags.trim().split('\n'))).toEqual(new Set([digest.replace(':', '-'), name]));
  }

  /** Whether the last write of a build has been done. */
  async function isOver(namespace: string, name: string): Promise<boolean> {
    const { metadata, status } = await readVersion(cluster, namespace, name);
    const built = status?.imageBuildPhase === 'ImageBuildSucceeded';
    return built && !(metadata.finalizers ?? []).includes(FINALIZER);
  }

  async function applyOne(namespace: string, name: string): Promise<void> {
    const spec = { modelName: `of-${name}`, imageRepo: `${cluster.registry.host}/${namespace}/${name}` };
    await apply(cluster, versionOf(cluster, { name, namespace, path: model.path, spec }));
  }

  /** An undisturbed build: its digest and the writes that it takes. */
  async function undisturbed(namespace: string, proxy: ApiProxy): Promise<string> {
    await applyOne(namespace, 'undisturbed');
    const { status } = await untilReason(cluster, namespace, 'undisturbed', 'Succeeded');
    await expectTheSameEnd(namespace, 'undisturbed', status?.digest ?? '');
    expect(proxy.writes.length).toBeGreaterThan(8);
    return status?.digest ?? '';
  }

  async function withPolicy(namespace: string, work: () => Promise<void>): Promise<void> {
    const name = `crash-${randomUUID()}`;
    const policy = policyFor(cluster, namespace, [join(model.path, '..')]);
    await apply(cluster, { ...policy, metadata: { name } });
    try {
      await work();
    } finally {
      await kubectl(cluster, ['delete', 'storagepolicy', name]);
    }
  }

  it(
    'ends the same when the controller is killed after each of its writes',
    async ({ namespace }) => {
      await withPolicy(namespace, async () => {
        const proxy = await ApiProxy.start(cluster);
        let controller: Controller = await startController(cluster, { proxy, settings: SETTINGS });
        try {
          const digest = await undisturbed(namespace, proxy);
          for (let point = 1; point <= MOST_WRITES; point++) {
            const start = proxy.writes.length;
            const killed = { yet: false };
            proxy.done = ({ number }) => {
              if (number !== start + point || killed.yet) return;
              killed.yet = true;
              controller.kill();
            };
            await applyOne(namespace, `killed-${point}`);
            // Whichever comes first: it is killed, or all its writes are done and it was not.
            const ended = await until({ what: 'the kill or the end', timeoutMs: 60_000 }, async () => {
              if (killed.yet && controller.ended()) return 'killed';
              return (await isOver(namespace, `killed-${point}`)) ? 'survived' : undefined;
            });
            if (ended === 'killed')
              controller = await startController(cluster, { proxy, settings: SETTINGS });
            await expectTheSameEnd(namespace, `killed-${point}`, digest);
            if (ended === 'survived') break;
            explored['kills'] = point;
          }
          expect(explored['kills']).toBeGreaterThan(8);
        } finally {
          await controller.stop();
          await proxy.stop();
        }
      });
    },
    TEST_MS,
  );

  for (const fate of ['refuse', 'lose'] as const) {
    it(
      `ends the same when each of its writes ${fate === 'refuse' ? 'is refused' : 'is done and not told of'} once`,
      async ({ namespace }) => {
        await withPolicy(namespace, () => failEach(namespace, fate));
      },
      TEST_MS,
    );
  }

  async function failEach(namespace: string, fate: Fate): Promise<void> {
    const proxy = await ApiProxy.start(cluster);
    const controller = await startController(cluster, { proxy, settings: SETTINGS });
    try {
      const digest = await undisturbed(namespace, proxy);
      for (let point = 1; point <= MOST_WRITES; point++) {
        const start = proxy.writes.length;
        const struck: Write[] = [];
        proxy.fate = (write) => {
          if (write.number !== start + point) return 'pass';
          struck.push(write);
          return fate;
        };
        await applyOne(namespace, `${fate}-${point}`);
        await expectTheSameEnd(namespace, `${fate}-${point}`, digest);
        if (struck.length === 0) break;
        explored[fate === 'refuse' ? 'refusals' : 'losses'] = point;
      }
      expect(explored[fate === 'refuse' ? 'refusals' : 'losses']).toBeGreaterThan(8);
    } finally {
      await controller.stop();
      await proxy.stop();
    }
  }

  it(
    'ends the same when all that the controller sees is late, and it is killed meanwhile',
    async ({ namespace }) => {
      await withPolicy(namespace, async () => {
        const proxy = await ApiProxy.start(cluster);
        let controller = await startController(cluster, { proxy, settings: SETTINGS });
        try {
          const digest = await undisturbed(namespace, proxy);
          for (const late of [300, 1000, 2500]) {
            proxy.watchDelay = late;
            // Watches that were begun before are not late: begin all anew.
            await controller.stop();
            controller = await startController(cluster, { proxy, settings: SETTINGS });
            const start = proxy.writes.length;
            const killed = { yet: false };
            proxy.done = ({ number }) => {
              if (number !== start + LATE_KILL || killed.yet) return;
              killed.yet = true;
              controller.kill();
            };
            await applyOne(namespace, `late-${late}`);
            await until({ what: 'the kill', timeoutMs: 60_000 }, () => killed.yet && controller.ended());
            controller = await startController(cluster, { proxy, settings: SETTINGS });
            await expectTheSameEnd(namespace, `late-${late}`, digest);
            explored['delays with a kill'] = (explored['delays with a kill'] ?? 0) + 1;
          }
        } finally {
          await controller.stop();
          await proxy.stop();
        }
      });
    },
    TEST_MS,
  );
});
