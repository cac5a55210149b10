import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns, type Waiter } from '../../src/controller/turns.ts';

function waiter(name: string, since: number, namespace = 'a'): Waiter {
  return { key: `${namespace}/${name}`, uid: `${namespace}-${name}`, namespace, since: String(since) };
}

const [one, two, three] = [waiter('one', 1), waiter('two', 2), waiter('three', 3)];

describe('turns', () => {
  it('are given until all are taken, then in order of age', () => {
    const woken: string[] = [];
    const turns = new Turns({ running: 1 }, (key) => woken.push(key));
    expect(turns.ask(two)).toEqual({ granted: true });
    expect(turns.ask(three)).toEqual({ granted: false, position: 0 });
    expect(turns.ask(one)).toEqual({ granted: false, position: 0 });
    expect(turns.ask(three)).toEqual({ granted: false, position: 1 });
    turns.leave(two.uid);
    expect(woken).toEqual([one.key]);
    expect(turns.ask(three)).toEqual({ granted: false, position: 1 });
    expect(turns.ask(one)).toEqual({ granted: true });
  });

  it('once given stay given, and are held from before', () => {
    const turns = new Turns({ running: 1 }, () => undefined);
    turns.hold(one);
    expect(turns.ask(one)).toEqual({ granted: true });
    expect(turns.ask(two).granted).toBe(false);
    expect(turns).toMatchObject({ running: 1, waiting: 1 });
  });

  it('of one namespace do not hold up another', () => {
    const woken: string[] = [];
    const turns = new Turns({ running: 3, runningPerNamespace: 1 }, (key) => woken.push(key));
    const other = waiter('other', 9, 'b');
    expect(turns.ask(one).granted).toBe(true);
    expect(turns.ask(two)).toEqual({ granted: false, position: 0 });
    expect(turns.ask(other)).toEqual({ granted: true });
    turns.leave(one.uid);
    expect(woken).toEqual([two.key]);
  });

  it('go to the namespace that has fewest, then to who has waited longest', () => {
    const woken: string[] = [];
    const turns = new Turns({ running: 2 }, (key) => woken.push(key));
    const others = [waiter('late', 8, 'b'), waiter('later', 9, 'b')];
    for (const each of [one, two, three, ...others]) turns.ask(each);
    turns.leave(one.uid);
    expect(woken).toEqual(['b/late']);
  });

  it('wake nobody when nobody leaves', () => {
    const woken: string[] = [];
    const turns = new Turns({ running: 1 }, (key) => woken.push(key));
    turns.ask(one);
    turns.ask(two);
    turns.leave('unknown');
    expect(woken).toEqual([]);
  });

  it('never exceed the limits, and nobody waits while there is room', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      namespace: fc.constantFrom('x', 'y'),
      leaves: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
        const pending: string[] = [];
        const turns = new Turns({ running: limit, runningPerNamespace: 2 }, (key) => pending.push(key));
        const known = new Map<string, Waiter>();
        const running = new Map<string, string>();
        const ask = (each: Waiter): void => {
          if (turns.ask(each).granted) running.set(each.uid, each.namespace);
        };
        for (const { name, namespace, leaves } of steps) {
          const each = waiter(name, name.charCodeAt(0), namespace);
          if (leaves) {
            running.delete(each.uid);
            known.delete(each.key);
            turns.leave(each.uid);
          } else {
            known.set(each.key, each);
            ask(each);
          }
          for (let key = pending.shift(); key !== undefined; key = pending.shift()) ask(known.get(key)!);
          const inNamespace = (ns: string) => [...running.values()].filter((other) => other === ns).length;
          expect(running.size).toBeLessThanOrEqual(limit);
          expect(Math.max(inNamespace('x'), inNamespace('y'))).toBeLessThanOrEqual(2);
          const idle = turns
            .list()
            .filter(({ namespace: ns }) => running.size < limit && inNamespace(ns) < 2);
          expect(idle).toEqual([]);
        }
      }),
    );
  });
});
