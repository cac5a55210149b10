import { afterAll, beforeAll, expect } from 'vitest';
import { FINALIZER } from '../../src/api/labels.ts';
import { say } from '../cluster/say.ts';
import { until } from '../cluster/until.ts';
import { ApiProxy, type Fate } from './support/api-proxy.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, type Controller } from './support/controller.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import { digestIn, tagsIn } from './support/read-image.ts';
import {
  apply,
  modelFolder,
  readModel,
  readVersion,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* The controller ends, or is not answered, in the middle of a build by Kaniko. What it makes besides is its ConfigMap. */

/** More than any build writes. */
const MOST_WRITES = 40;
const TEST_MS = 600_000;
const SETTINGS = { retries: { firstDelay: 1, maxDelay: 2 } };

describeCluster('a build by Kaniko ends well', ['busybox', 'registry', 'node', 'kaniko'], (cluster) => {
  let model: ModelFolder;
  let proxy: ApiProxy;
  let controller: Controller;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    proxy = await ApiProxy.start(cluster);
    controller = await start();
  });
  afterAll(async () => {
    await controller.stop();
    await proxy.stop();
    await model.remove();
  });

  function start(): Promise<Controller> {
    return startKanikoController(cluster, { settings: SETTINGS, proxy });
  }

  async function applyOne(namespace: string, name: string): Promise<void> {
    const spec = { modelName: `of-${name}`, imageRepo: `${cluster.registry.host}/${namespace}/${name}` };
    await apply(cluster, versionOf(cluster, { name, namespace, path: model.path, spec }));
  }

  /** Whether the last write of a build has been done. */
  async function isOver(namespace: string, name: string): Promise<boolean> {
    const { metadata, status } = await readVersion(cluster, namespace, name);
    const built = status?.imageBuildPhase === 'ImageBuildSucceeded';
    return built && !(metadata.finalizers ?? []).includes(FINALIZER);
  }

  /** One image, made at the first attempt, and nothing else left. Kaniko's digests tell the time, so no two are alike. */
  async function expectTheSameEnd(namespace: string, name: string): Promise<void> {
    const { status } = await untilReason(cluster, namespace, name, 'Succeeded');
    expect(status).toMatchObject({ builder: 'kaniko', attempts: 1, failures: 0 });
    expect(await tagsIn(cluster, `${namespace}/${name}`)).toEqual([name]);
    expect(await digestIn(cluster, `${namespace}/${name}`, name)).toBe(status?.digest);
    await untilClean(cluster);
    await until({ what: 'the finalizer to go', timeoutMs: 30_000 }, () => isOver(namespace, name));
    await until({ what: 'the Model to know', timeoutMs: 30_000 }, async () => {
      const { status: latest } = await readModel(cluster, namespace, `of-${name}`);
      return latest?.latestVersion?.digest === status?.digest && latest?.versions === 1;
    });
  }

  it(
    'when the controller is killed after each of its writes',
    async ({ namespace }) => {
      await allowKaniko(cluster, namespace);
      const seen: string[] = [];
      for (let point = 1; point <= MOST_WRITES; point++) {
        const name = `killed-${point}`;
        const begin = proxy.writes.length;
        const killed = { yet: false };
        proxy.done = ({ number, what }) => {
          if (number !== begin + point || killed.yet) return;
          killed.yet = true;
          seen.push(what);
          controller.kill();
        };
        await applyOne(namespace, name);
        // Whichever comes first: it is killed, or all its writes are done and it was not.
        const ended = await until({ what: 'the kill or the end', timeoutMs: 60_000 }, async () => {
          if (killed.yet) return controller.ended() ? 'killed' : undefined;
          return (await isOver(namespace, name)) ? 'survived' : undefined;
        });
        // What cleans up after the last one writes too.
        proxy.done = () => undefined;
        if (ended === 'killed' || controller.ended()) controller = await start();
        await expectTheSameEnd(namespace, name);
        if (ended === 'survived') break;
      }
      say(`killed after: ${seen.join(', ')}`);
      expect(seen).toEqual(expect.arrayContaining(['POST pods', 'POST configmaps', 'PATCH pods']));
    },
    TEST_MS,
  );

  it.for<[Fate, what: string]>([
    ['lose', 'POST configmaps'],
    ['lose', 'PATCH pods'],
    ['lose', 'POST pods'],
    ['refuse', 'POST configmaps'],
    ['refuse', 'PATCH pods'],
  ])('when the API server does this to one of its writes: %s %s', async ([fate, what], { namespace }) => {
    await allowKaniko(cluster, namespace);
    const struck: string[] = [];
    proxy.fate = (write) => {
      if (write.what !== what || struck.length > 0) return 'pass';
      struck.push(write.what);
      return fate;
    };
    try {
      await applyOne(namespace, 'struck');
      await expectTheSameEnd(namespace, 'struck');
      expect(struck).toEqual([what]);
    } finally {
      proxy.fate = () => 'pass';
    }
  });
});
