import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds } from './support/controller.ts';
import { kubectl } from '../cluster/kubectl.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import { refusingRegistry } from './support/refusing-registry.ts';
import {
  apply,
  modelFolder,
  readVersion,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* An administrator changes who builds, while builds run. */

const OTHER = { stream: 'kaniko', kaniko: 'stream' } as const;

describeCluster('another default builder', ['registry', 'node', 'kaniko'], (cluster) => {
  let model: ModelFolder;
  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
  });
  afterAll(() => model.remove());

  it.for(['kaniko', 'stream'] as const)(
    'than %s leaves a build that runs alone',
    async (use, { namespace }) => {
      const opened = Promise.withResolvers<undefined>();
      const asked: string[] = [];
      // Both builders begin an upload when all that is looked at before has been.
      const host = await refusingRegistry(cluster, async (method, path) => {
        if (method !== 'POST') return undefined;
        asked.push(path);
        await opened.promise;
        return undefined;
      });
      const settings = {
        registries: { plainHttp: [cluster.registry.host, host] },
        retries: { firstDelay: 1, maxDelay: 1 },
      };
      let controller = await startKanikoController(cluster, { use, settings });
      onTestFinished(() => controller.stop().then(() => undefined));
      await allowKaniko(cluster, namespace, { targets: [cluster.registry.host, host] });
      const version = (name: string, spec: object = {}) =>
        versionOf(cluster, { name, namespace, path: model.path, spec });
      const held = (name: string) => version(name, { imageRepo: `${host}/${namespace}/${name}` });
      await apply(cluster, held('running'), held('lost'));
      await expect
        .poll(() => ['running', 'lost'].every((name) => asked.some((path) => path.includes(`/${name}/`))))
        .toBe(true);
      for (const name of ['running', 'lost'])
        expect((await readVersion(cluster, namespace, name)).status).toMatchObject({ builder: use });

      await controller.stop();
      controller = await startKanikoController(cluster, { use: OTHER[use], settings });
      await apply(cluster, version('next'));
      const next = await untilReason(cluster, namespace, 'next', 'Succeeded');
      expect(next.status).toMatchObject({ builder: OTHER[use], attempts: 1 });
      expect((await readVersion(cluster, namespace, 'running')).status).toMatchObject({ builder: use });

      // An attempt that is new begins with what holds now.
      const { status: lost } = await readVersion(cluster, namespace, 'lost');
      await kubectl(cluster, ['delete', 'pod', lost?.builderPod ?? '', '--grace-period=1'], { namespace });
      await expect
        .poll(async () => (await readVersion(cluster, namespace, 'lost')).status)
        .toMatchObject({ attempts: 2, builder: OTHER[use] });

      opened.resolve(undefined);
      const running = await untilReason(cluster, namespace, 'running', 'Succeeded');
      expect(running.status).toMatchObject({ builder: use, attempts: 1 });
      const again = await untilReason(cluster, namespace, 'lost', 'Succeeded');
      expect(again.status).toMatchObject({ builder: OTHER[use], attempts: 2 });
      // What Kaniko does not tell is not left over from an attempt of the other.
      expect(again.status?.size === undefined).toBe(OTHER[use] === 'kaniko');
    },
  );

  it('is not asked where a version names its own', async ({ namespace }) => {
    const controller = await startKanikoController(cluster, { use: 'kaniko' });
    onTestFinished(() => controller.stop().then(() => undefined));
    await allowKaniko(cluster, namespace, { builders: ['stream'] });
    const spec = { builder: 'stream' };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect(status).toMatchObject({ builder: 'stream', bytes: { read: expect.any(Number) as number } });
  });
});
