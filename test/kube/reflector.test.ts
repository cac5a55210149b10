import { describe, expect, it } from 'vitest';
import type { StowageError } from '../../src/errors.ts';
import type { ApiClient } from '../../src/kube/api-client.ts';
import { KubeError } from '../../src/kube/kube-error.ts';
import { afterTrouble, REFLECTOR_TIMES, watchSeconds } from '../../src/kube/reflector-plan.ts';
import { tooSlow, unreachable } from '../../src/kube/unreachable.ts';
import { clientOf, THINGS_PATH } from './support/client.ts';
import { faultApiServer, plainCluster, type FaultApiServer } from './support/fault-api-server.ts';
import { cached, mirror, stateOf, type Mirror } from './support/mirror.ts';
import type { ObjectStore } from './support/object-store.ts';
import { until } from './support/until.ts';

interface Stage {
  readonly server: FaultApiServer;
  readonly store: ObjectStore;
  readonly api: ApiClient;
}

async function stage(...keys: string[]): Promise<Stage> {
  const server = await faultApiServer();
  const store = server.store(THINGS_PATH);
  for (const key of keys) store.put(key, {});
  return { server, store, api: clientOf(plainCluster(server.url)) };
}

/** Waits until everything the store holds has arrived, told and cached. */
async function caughtUp({ store }: Stage, { reflector, told }: Mirror): Promise<void> {
  await until('the copy equals the server', () => equal(cached(reflector), stateOf(store.all())));
  expect(told).toEqual(stateOf(store.all()));
}

function equal(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

const types = ({ changes }: Mirror): string[] =>
  changes.map((change) => `${change.type} ${change.object.metadata.name}`);

describe('a reflector', () => {
  it('lists, says so, and follows', async () => {
    const scene = await stage('a/1', 'b/2');
    const copy = mirror(scene.api);
    expect(copy.reflector.hasSynced).toBe(false);
    await copy.reflector.synced(new AbortController().signal);
    expect([copy.reflector.hasSynced, copy.reflector.cache.size]).toEqual([true, 2]);
    scene.store.put('a/1', { data: { x: '1' } });
    scene.store.put('a/3', {});
    scene.store.delete('b/2');
    await caughtUp(scene, copy);
    expect(types(copy)).toEqual(['add 1', 'add 2', 'update 1', 'add 3', 'delete 2']);
    expect(scene.server.count('list')).toBe(1);
    expect(copy.reflector.cache.get({ namespace: 'a', name: '1' })?.data).toEqual({ x: '1' });
  });

  it('does not keep managed fields', async () => {
    const scene = await stage('a/1');
    const copy = mirror(scene.api);
    await caughtUp(scene, copy);
    scene.store.put('a/1', {});
    await caughtUp(scene, copy);
    expect(JSON.stringify([...copy.reflector.cache.values()])).not.toContain('managedFields');
  });

  it('reads a list of many pages as one state', async () => {
    const scene = await stage(...Array.from({ length: 1203 }, (_, index) => `a/${index}`));
    const copy = mirror(scene.api);
    await copy.reflector.synced(new AbortController().signal);
    expect(copy.reflector.cache.size).toBe(1203);
    expect(scene.server.count('list')).toBe(3);
  });

  it('keeps to its selection', async () => {
    const scene = await stage('a/1', 'b/1');
    const copy = mirror(scene.api, {}, { namespace: 'b', labelSelector: 'x=y' });
    await copy.reflector.synced(new AbortController().signal);
    await until('it watches', () => scene.server.openWatches === 1);
    expect([...cached(copy.reflector).keys()]).toEqual(['b/1']);
    expect(
      scene.server.requests.map(({ url }) => [url.pathname, url.searchParams.get('labelSelector')]),
    ).toEqual([
      ['/api/v1/namespaces/b/configmaps', 'x=y'],
      ['/api/v1/namespaces/b/configmaps', 'x=y'],
    ]);
  });

  it('stops at once, whatever it is waiting for', async () => {
    const scene = await stage('a/1');
    const watching = mirror(scene.api);
    await until('it watches', () => scene.server.openWatches === 1);
    await watching.stop();
    await until('the watch is closed', () => scene.server.openWatches === 0);
    scene.server.fail('list', { kind: 'stall' });
    const listing = mirror(scene.api);
    await until('it lists', () => scene.server.count('list') === 2);
    await listing.stop();
    scene.server.fail('list', { kind: 'status', status: 403 });
    const waiting = mirror(scene.api, { backoff: { first: 1e6, max: 1e6 } });
    await until('it waits', () => waiting.troubles.length === 1);
    await waiting.stop();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(waiting.reflector.synced(signal)).rejects.toThrow('enough');
  });

  it('survives a reader that throws, and says so', async () => {
    const scene = await stage('a/1', 'a/2');
    const copy = mirror(scene.api);
    await caughtUp(scene, copy);
    copy.told.clear(); // Now each update breaks the mirror's own rules.
    scene.store.put('a/1', {});
    scene.store.put('a/2', {});
    await until('it has said so twice', () => copy.troubles.length === 2);
    expect(equal(cached(copy.reflector), stateOf(scene.store.all()))).toBe(true);
    expect(scene.server.count('list')).toBe(1);
  });
});

describe('when something breaks, a reflector', () => {
  it('goes on from where it was after a dropped watch, without a list', async () => {
    const scene = await stage('a/1');
    const copy = mirror(scene.api);
    await caughtUp(scene, copy);
    for (let turn = 0; turn < 5; turn++) {
      await until('it watches', () => scene.server.openWatches === 1);
      scene.server.cutWatches();
      scene.store.put('a/1', { turn });
      await caughtUp(scene, copy);
    }
    expect(scene.server.count('list')).toBe(1);
    expect(types(copy)).toEqual(['add 1', ...Array<string>(5).fill('update 1')]);
  });

  it('goes on from the last bookmark', async () => {
    const scene = await stage('a/1');
    mirror(scene.api);
    await until('it watches', () => scene.server.openWatches === 1);
    scene.server.say(
      `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '150' } } })}\n`,
    );
    scene.server.endWatches();
    await until('it watches again', () => scene.server.count('watch') === 2);
    expect(scene.server.requests.at(-1)?.url.searchParams.get('resourceVersion')).toBe('150');
  });

  it('lists again when the server has forgotten, and tells what it missed', async () => {
    for (const parity of [0, 1]) {
      const scene = await stage('a/gone', 'a/stays', 'a/replaced', ...Array<string>(parity).fill('a/odd'));
      const copy = mirror(scene.api);
      await caughtUp(scene, copy);
      await until('it watches', () => scene.server.openWatches === 1);
      const before = copy.changes.length;
      const reset = { kind: 'reset' } as const;
      scene.server.fail('watch', reset, reset, reset);
      scene.server.cutWatches();
      scene.store.delete('a/gone');
      scene.store.delete('a/replaced');
      scene.store.put('a/replaced', {});
      scene.store.compact();
      await caughtUp(scene, copy);
      expect(scene.server.count('list')).toBe(2);
      expect(copy.changes.slice(before).map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(
        ['delete gone', 'delete replaced', 'add replaced'],
      );
      const missed = copy.changes.filter((change) => change.type === 'delete').map(({ missed }) => missed);
      expect(missed).toEqual([true, true]);
      await copy.stop();
    }
  });

  it('begins a list anew when the server forgets it between two pages', async () => {
    const scene = await stage(...Array.from({ length: 600 }, (_, index) => `a/${index}`));
    scene.server.fail('list', { kind: 'cut', bytes: 1000 }); // a page that breaks off is read again
    let pages = 0;
    const list = scene.api.list.bind(scene.api);
    const api = Object.assign(Object.create(scene.api) as ApiClient, {
      list: async (...args: Parameters<typeof list>) => {
        const page = await list(...args);
        if (++pages === 1) {
          scene.store.put('a/new', {});
          scene.store.compact();
        }
        return page;
      },
      watch: scene.api.watch.bind(scene.api),
    });
    const copy = mirror(api);
    await caughtUp(scene, copy);
    expect(copy.troubles.map((error) => error instanceof KubeError && error.status)).toContain(410);
  });

  it('notices a connection that has gone silent', async () => {
    const scene = await stage('a/1');
    scene.server.mute = true;
    const copy = mirror(scene.api);
    await until('it watches', () => scene.server.openWatches === 1);
    scene.store.put('a/1', { unheard: true });
    scene.server.mute = false;
    await caughtUp(scene, copy);
    expect(copy.troubles[0]?.message).toBe('a watch of configmaps was silent for 0.15 s');
  });

  it('keeps a connection on which bookmarks come', async () => {
    const scene = await stage('a/1');
    const copy = mirror(scene.api);
    await until('it watches', () => scene.server.openWatches === 1);
    const end = performance.now() + 400;
    await until('some bookmarks later', () => {
      scene.server.say(
        `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '101' } } })}\n`,
      );
      return performance.now() > end;
    });
    expect([copy.troubles, scene.server.count('watch')]).toEqual([[], 1]);
  });

  it.each([
    ['garbage', 'no json\n'],
    ['half an event', '{"type":"ADDED","object":{"metadata":{"na'],
    ['an error', '{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError"}}\n'],
    ['an event without an object', '{"type":"ADDED"}\n'],
  ])('goes on after %s on the watch', async (_title, text) => {
    const scene = await stage('a/1');
    const copy = mirror(scene.api);
    await until('it watches', () => scene.server.openWatches === 1);
    scene.server.say(text);
    scene.server.endWatches();
    await until('it has said so', () => copy.troubles.length > 0);
    scene.store.put('a/1', { later: true });
    await caughtUp(scene, copy);
    expect(scene.server.count('list')).toBe(1);
  });

  it('is patient with a server that ends each watch at once, and lists again in the end', async () => {
    const scene = await stage('a/1');
    const empty = { kind: 'status', status: 200, body: '' } as const;
    scene.server.fail('watch', ...Array<typeof empty>(7).fill(empty));
    const copy = mirror(scene.api, { settled: 5_000 });
    await until('it watches', () => scene.server.openWatches === 1);
    expect(scene.server.count('list')).toBe(2);
    expect(copy.troubles).toHaveLength(7);
  });

  it('lists again when the server cannot know its version, as after a restored backup', async () => {
    const scene = await stage('a/1', 'a/2');
    const copy = mirror(scene.api);
    await until('it watches', () => scene.server.openWatches === 1);
    scene.store.restore();
    scene.store.put('a/3', {});
    scene.server.cutWatches();
    await caughtUp(scene, copy);
    expect(copy.troubles.at(-1)?.message).toContain('silent');
  });
});

describe('afterTrouble', () => {
  const asked = { verb: 'watch', what: 'pods', host: 'server' };
  const refusal = (code: number, retryAfter?: number): StowageError =>
    new KubeError(asked, { code, reason: 'x', message: '', causes: [], retryAfter });
  const broken = unreachable(new Error('gone'), new URL('http://server'));

  it.each([
    ['a broken connection', broken, 1, false, 500],
    ['a second one', broken, 2, false, 1000],
    ['the fifth in a row', broken, 5, true, 8000],
    ['the sixth', broken, 6, false, 16_000],
    ['the hundredth', broken, 101, false, 30_000],
    ['silence', tooSlow(new URL('http://server'), 'speak', 1), 1, true, 500],
    ['410', refusal(410), 1, true, 500],
    ['403', refusal(403), 1, true, 500],
    ['404', refusal(404), 3, true, 2000],
    ['429', refusal(429), 1, false, 500],
    ['429 with a wish', refusal(429, 7000), 1, false, 7000],
    ['503', refusal(503), 1, false, 500],
  ] as const)('%s', (...[, error, failures, list, wait]) => {
    expect(afterTrouble(error, failures, REFLECTOR_TIMES, 1)).toEqual({ list, wait });
  });

  it('asks for watches of 5 to 10 minutes', () => {
    expect([watchSeconds(REFLECTOR_TIMES, 0), watchSeconds(REFLECTOR_TIMES, 0.9999)]).toEqual([300, 600]);
  });
});
