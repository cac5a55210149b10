import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Pod } from '../../src/kube/core.ts';
import { get, kubectl } from '../cluster/kubectl.ts';
import { ApiProxy } from './support/api-proxy.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, type Controller } from './support/controller.ts';
import { allowKaniko, startKanikoController } from './support/kaniko.ts';
import { filesOf } from './support/read-image.ts';
import { refusingRegistry } from './support/refusing-registry.ts';
import {
  apply,
  modelFolder,
  readVersion,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* A version is deleted, whatever Kaniko is at: nothing is left of it, and the model is as it was. */

describeCluster('a version that Kaniko builds goes', ['registry', 'node', 'kaniko'], (cluster) => {
  let controller: Controller;
  let model: ModelFolder;
  let proxy: ApiProxy;
  let before: unknown;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    before = await stateOf(model.path);
    proxy = await ApiProxy.start(cluster);
    controller = await startKanikoController(cluster, { settings: { limits: { running: 1 } }, proxy });
  });
  afterAll(async () => {
    await controller.stop();
    await proxy.stop();
    await model.remove();
  });

  /** The files of a model, and when its directory was last changed. */
  async function stateOf(path: string): Promise<unknown> {
    const { mtimeMs, mode, gid } = await stat(path);
    return [await filesOf(path), mtimeMs, mode, gid, (await stat(join(path, 'weights.bin'))).mtimeMs];
  }

  interface Held {
    /** Resolved when such a request has come; it is answered when the test is over. */
    readonly asked: Promise<unknown>;
    readonly host: string;
  }

  /** A registry that answers some requests when the test is over, and not before. */
  async function registryThatHolds(namespace: string, methods: readonly string[]): Promise<Held> {
    const asked = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    onTestFinished(() => released.resolve(undefined));
    const host = await refusingRegistry(cluster, async (method, path) => {
      if (!methods.includes(method) || !path.includes(namespace)) return undefined;
      asked.resolve(undefined);
      await released.promise;
      return undefined;
    });
    await controller.stop();
    const registries = { plainHttp: [cluster.registry.host, host] };
    controller = await startKanikoController(cluster, {
      settings: { limits: { running: 1 }, registries },
      proxy,
    });
    await allowKaniko(cluster, namespace, { targets: [cluster.registry.host, host] });
    return { asked: asked.promise, host };
  }

  async function applyOne(namespace: string, name: string, spec: object = {}): Promise<void> {
    await apply(cluster, versionOf(cluster, { name, namespace, path: model.path, spec }));
  }

  async function expectGone(namespace: string, ...names: readonly string[]): Promise<void> {
    await kubectl(cluster, ['delete', 'mv', ...names, '--timeout=40s'], { namespace });
    await untilClean(cluster);
    expect(await stateOf(model.path)).toEqual(before);
  }

  async function podOf(namespace: string): Promise<Pod | undefined> {
    return (await get<{ items: Pod[] }>(cluster, ['pods'], namespace)).items[0];
  }

  it('while our check runs, with one that waits for its turn', async ({ namespace }) => {
    const { asked, host } = await registryThatHolds(namespace, ['GET', 'HEAD']);
    await applyOne(namespace, 'checked', { imageRepo: `${host}/${namespace}/bert` });
    await asked;
    expect((await podOf(namespace))?.status?.initContainerStatuses?.[0]?.state).toHaveProperty('running');
    await applyOne(namespace, 'waits');
    await untilReason(cluster, namespace, 'waits', 'Queued');
    await kubectl(cluster, ['delete', 'mv', 'waits', '--timeout=20s'], { namespace });
    await expectGone(namespace, 'checked');
  });

  it('while Kaniko runs', async ({ namespace }) => {
    const { asked, host } = await registryThatHolds(namespace, ['POST']);
    await applyOne(namespace, 'runs', { imageRepo: `${host}/${namespace}/bert` });
    await asked;
    expect((await podOf(namespace))?.status?.containerStatuses?.[0]?.state).toHaveProperty('running');
    await expectGone(namespace, 'runs');
  });

  it('with its namespace, while Kaniko runs', async ({ namespace }) => {
    const going = `${namespace}-b`;
    await kubectl(cluster, ['create', 'ns', going]);
    const { asked, host } = await registryThatHolds(going, ['POST']);
    await applyOne(going, 'runs', { imageRepo: `${host}/${going}/bert` });
    await asked;
    await kubectl(cluster, ['delete', 'ns', going]);
    await untilClean(cluster);
    expect(await stateOf(model.path)).toEqual(before);
  });

  it.for(['POST configmaps', 'PATCH pods'])(
    'while its pod is gated: %s is refused',
    async (what, { namespace }) => {
      await allowKaniko(cluster, namespace);
      const begin = proxy.writes.length;
      proxy.fate = (write) => (write.what === what ? 'refuse' : 'pass');
      onTestFinished(() => {
        proxy.fate = () => 'pass';
      });
      await applyOne(namespace, 'gated');
      await expect.poll(() => proxy.writes.slice(begin).some((write) => write.what === what)).toBe(true);
      expect((await podOf(namespace))?.spec.schedulingGates).toHaveLength(1);
      await expectGone(namespace, 'gated');
    },
  );

  it('while no node has room for its pod', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    await applyOne(namespace, 'pending', { sizeHint: '500Ti' });
    await untilReason(cluster, namespace, 'pending', 'Unschedulable');
    await expectGone(namespace, 'pending');
  });

  it('when its image is there, which stays', async ({ namespace }) => {
    await allowKaniko(cluster, namespace);
    await applyOne(namespace, 'built');
    await untilReason(cluster, namespace, 'built', 'Succeeded');
    // It may not have been tidied up yet.
    await expectGone(namespace, 'built');
  });

  it('after it was cancelled while Kaniko ran', async ({ namespace }) => {
    const { asked, host } = await registryThatHolds(namespace, ['POST']);
    await applyOne(namespace, 'cancelled', { imageRepo: `${host}/${namespace}/bert` });
    await asked;
    await kubectl(cluster, ['annotate', 'mv', 'cancelled', 'model.kubedl.io/cancel=1'], { namespace });
    await untilReason(cluster, namespace, 'cancelled', 'Cancelled');
    await untilClean(cluster);
    expect((await readVersion(cluster, namespace, 'cancelled')).status).toMatchObject({ builder: 'kaniko' });
    await expectGone(namespace, 'cancelled');
  });
});
