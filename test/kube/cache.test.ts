import { describe, expect, it } from 'vitest';
import { ChangingCache } from '../../src/kube/cache.ts';
import type { KubeObject } from '../../src/kube/object.ts';

function object(name: string, resourceVersion: string, uid = `uid of ${name}`): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name, uid, resourceVersion } };
}

function cacheOf(...objects: KubeObject[]): ChangingCache<KubeObject> {
  const cache = new ChangingCache<KubeObject>();
  cache.replace(objects);
  return cache;
}

describe('ChangingCache', () => {
  it('tells an add, an update and a delete', () => {
    const cache = cacheOf();
    const [first, second, last] = ['1', '2', '3'].map((version) => object('x', version)) as [
      KubeObject,
      KubeObject,
      KubeObject,
    ];
    expect(cache.set(first)).toEqual([{ type: 'add', object: first }]);
    expect(cache.set(second)).toEqual([{ type: 'update', object: second, previous: first }]);
    expect(cache.get({ namespace: 'a', name: 'x' })).toBe(second);
    expect(cache.remove(last)).toEqual([{ type: 'delete', object: last, missed: false }]);
    expect([cache.size, cache.get({ namespace: 'a', name: 'x' })]).toEqual([0, undefined]);
  });

  it('says nothing when nothing is new', () => {
    const cache = cacheOf(object('x', '1'));
    expect(cache.set(object('x', '1'))).toEqual([]);
    expect(cache.remove(object('y', '1'))).toEqual([]);
    expect(cache.replace([object('x', '1')])).toEqual([]);
  });

  it('takes another object of the same name for another object', () => {
    const cache = cacheOf(object('x', '1', 'first'));
    const expected = [
      { type: 'delete', object: object('x', '1', 'first'), missed: true },
      { type: 'add', object: object('x', '9', 'second') },
    ];
    expect(cache.set(object('x', '9', 'second'))).toEqual(expected);
    expect(cache.remove(object('x', '2', 'first'))).toEqual([]);
    expect([...cache.values()]).toEqual([object('x', '9', 'second')]);
  });

  it('tells what a new list changes, what has gone first', () => {
    const cache = cacheOf(
      object('gone', '1'),
      object('same', '1'),
      object('changed', '1'),
      object('replaced', '1', 'old'),
    );
    const list = [
      object('same', '1'),
      object('changed', '5'),
      object('replaced', '6', 'new'),
      object('new', '7'),
    ];
    expect(cache.replace(list).map((change) => [change.type, change.object.metadata.name])).toEqual([
      ['delete', 'gone'],
      ['update', 'changed'],
      ['delete', 'replaced'],
      ['add', 'replaced'],
      ['add', 'new'],
    ]);
    expect([...cache.values()].map(({ metadata }) => metadata.name).sort()).toEqual([
      'changed',
      'new',
      'replaced',
      'same',
    ]);
  });
});
