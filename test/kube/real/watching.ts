import { expect, it } from 'vitest';
import type { ApiClient } from '../../../src/kube/api-client.ts';
import { EVENTS } from '../../../src/kube/builtin.ts';
import { isExpired } from '../../../src/kube/kube-error.ts';
import { faultProxy } from '../../support/fault-proxy.ts';
import { rejectionOf } from '../../support/thrown.ts';
import { clientOf, THINGS } from '../support/client.ts';
import { cached, mirror, stateOf } from '../support/mirror.ts';
import { until } from '../support/until.ts';
import { allThings, same, type Stage } from './stage.ts';

const never = new AbortController().signal;

export function listsAndWatches(stage: () => Stage): void {
  it('lists in pages of one state, though it changes in between', async () => {
    const { api, namespace } = await stage().start();
    const names = Array.from({ length: 25 }, (_, index) => `thing-${String(index).padStart(2, '0')}`);
    await Promise.all(names.map((name) => api.create(THINGS, { metadata: { namespace, name } })));
    const seen: string[] = [];
    const versions = new Set<string>();
    let page = await api.list(THINGS, { namespace, limit: 10 });
    for (;;) {
      seen.push(...page.items.map(({ metadata }) => metadata.name));
      versions.add(page.resourceVersion);
      if (page.next === undefined) break;
      await api.delete(THINGS, { namespace, name: names.at(-1) ?? '' }).catch(() => undefined);
      await api.create(THINGS, { metadata: { namespace, name: `new-${seen.length}` } });
      page = await api.list(THINGS, { namespace, limit: 10, from: page.next });
    }
    expect(seen).toEqual(names);
    expect(versions.size).toBe(1);
  });

  it('watches with bookmarks, and ends when it was told to', async () => {
    const { api, namespace } = await stage().start();
    const { resourceVersion } = await api.list(THINGS, { namespace });
    const events = await api.watch(THINGS, { namespace, resourceVersion, timeoutSeconds: 6 }, never);
    const { metadata } = await api.create(THINGS, { metadata: { namespace, name: 'one' } });
    await api.create(THINGS, { metadata: { namespace: 'default', name: `other-${namespace}` } });
    await api.delete(THINGS, metadata);
    const seen: string[] = [];
    let last = 0;
    for await (const event of events) {
      seen.push(event.type);
      if (event.type === 'BOOKMARK') last = Number(event.resourceVersion);
    }
    // How many bookmarks come is the server's affair; one comes at the end.
    expect(seen.filter((type) => type !== 'BOOKMARK')).toEqual(['ADDED', 'DELETED']);
    expect(seen.at(-1)).toBe('BOOKMARK');
    expect(last).toBeGreaterThan(Number(metadata.resourceVersion));
  });

  it('learns on a watch that the server has forgotten a version', async () => {
    const { api, namespace } = await stage().start();
    const { resourceVersion } = await api.list(EVENTS, { namespace });
    for (const name of ['one', 'two', 'three']) await api.create(THINGS, { metadata: { namespace, name } });
    await stage().plane.compact();
    // Events are the one kind that API servers read from etcd directly, without a memory of their own.
    const watch = await api.watch(EVENTS, { namespace, resourceVersion, timeoutSeconds: 5 }, never);
    const error = await rejectionOf(watch[Symbol.asyncIterator]().next());
    expect(isExpired(error)).toBe(true);
  });

  it('keeps a copy over a restart of the server, whose memory of the past is gone', async () => {
    const { api, namespace } = await stage().start();
    for (const name of ['gone', 'stays', 'replaced'])
      await api.create(THINGS, { metadata: { namespace, name } });
    const proxy = await faultProxy(stage().plane.url);
    const copy = mirror(clientOf(await stage().through(proxy)), { settled: 50 }, { namespace });
    await copy.reflector.synced(never);
    const { resourceVersion } = await api.list(THINGS, { namespace });
    proxy.refuse();
    proxy.cut();
    await api.delete(THINGS, { namespace, name: 'gone' });
    await api.delete(THINGS, { namespace, name: 'replaced' });
    await api.create(THINGS, { metadata: { namespace, name: 'replaced' } });
    await stage().plane.restart();
    proxy.heal();
    const expected = stateOf(await allThings(api, namespace));
    await until('the copy equals the server', () => same(cached(copy.reflector), expected));
    expect(copy.told).toEqual(expected);
    const watch = await api.watch(THINGS, { namespace, resourceVersion, timeoutSeconds: 5 }, never);
    expect(isExpired(await rejectionOf(watch[Symbol.asyncIterator]().next()))).toBe(true);
    const missed = copy.changes.filter((change) => change.type === 'delete' && change.missed);
    expect(missed.map(({ object }) => object.metadata.name)).toEqual(['gone', 'replaced']);
  }, 120_000);

  it('hears nothing on a watch from a version that is yet to come, and gets over it', async () => {
    const { api, namespace } = await stage().start();
    await api.create(THINGS, { metadata: { namespace, name: 'one' } });
    const list: ApiClient['list'] = async (resource, options) => {
      const page = await api.list(resource, options);
      return lists++ === 0 ? { ...page, resourceVersion: '999999999' } : page;
    };
    let lists = 0;
    const watch: ApiClient['watch'] = (...call) => api.watch(...call);
    const copy = mirror({ list, watch }, { inactivity: 500 }, { namespace });
    await copy.reflector.synced(never);
    await api.create(THINGS, { metadata: { namespace, name: 'two' } });
    await until('it has found out', () => copy.reflector.cache.size === 2);
    expect(copy.troubles.map(({ code }) => code)).toContain('Timeout');
  });
}
