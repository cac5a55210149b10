import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue, type QueueObserver } from '../../src/kube/work-queue.ts';
import { ManualClock } from './support/manual-clock.ts';

const BACKOFF = { first: 100, max: 1000 };

function start(observer?: QueueObserver): { clock: ManualClock; queue: WorkQueue } {
  const clock = new ManualClock();
  const options = { clock, backoff: BACKOFF, random: () => 1 };
  return { clock, queue: new WorkQueue(observer === undefined ? options : { ...options, observer }) };
}

/** The keys that can be taken now. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) keys.push((await queue.take()) ?? '');
  return keys;
}

describe('WorkQueue', () => {
  it('gives each key once, first come, first served', async () => {
    const { queue } = start();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(await takeAll(queue)).toEqual(['a', 'b', 'c']);
  });

  it('gives a key to who waits for one', async () => {
    const { queue } = start();
    const taken = [queue.take(), queue.take()];
    queue.add('a');
    queue.add('b');
    expect(await Promise.all(taken)).toEqual(['a', 'b']);
  });

  it('gives a key that was added while it was worked on again, once, and not before it is done', async () => {
    const { queue } = start();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(await takeAll(queue)).toEqual(['a']);
    queue.done('a');
    expect(queue.depth).toBe(0);
  });

  it('adds a key later, at the earliest of the times it was told', async () => {
    const { clock, queue } = start();
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 300);
    queue.addAfter('b', 0);
    expect(await takeAll(queue)).toEqual(['b']);
    await clock.advance(199);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await takeAll(queue)).toEqual(['a']);
    queue.done('a');
    await clock.advance(1000);
    expect(queue.depth).toBe(0);
  });

  it('waits longer for each failure of a key, up to a limit, and begins anew when it is forgotten', () => {
    const { queue } = start();
    expect([1, 2, 3, 4, 5, 6].map(() => queue.addFailed('a'))).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect([queue.failuresOf('a'), queue.addFailed('b')]).toEqual([6, 100]);
    queue.forget('a');
    expect([queue.failuresOf('a'), queue.addFailed('a')]).toEqual([0, 100]);
    expect(queue.addFailed('a', 60_000)).toBe(60_000);
  });

  it('gives nothing more once it is closed, and leaves no timer', async () => {
    const { clock, queue } = start();
    queue.add('a');
    queue.add('b');
    await queue.take();
    queue.add('a');
    queue.addAfter('c', 10);
    const waiting = [queue.take(), queue.take()];
    queue.close();
    queue.add('d');
    queue.addAfter('e', 10);
    queue.done('a');
    expect(await Promise.all([...waiting, queue.take()])).toEqual(['b', undefined, undefined]);
    expect([queue.depth, clock.waiting]).toEqual([0, 0]);
  });

  it('tells how deep it is, how long keys waited and were worked on, and what is tried again', async () => {
    const told: (string | number)[][] = [];
    const tell =
      (name: string) =>
      (value = NaN): void =>
        void told.push(Number.isNaN(value) ? [name] : [name, value]);
    const { clock, queue } = start({
      ...{ depth: tell('depth'), taken: tell('taken'), done: tell('done') },
      retried: tell('retried'),
    });
    queue.add('a');
    await clock.advance(2000);
    await queue.take();
    await clock.advance(1000);
    queue.addFailed('a');
    queue.done('a');
    expect(told).toEqual([['depth', 1], ['taken', 2], ['depth', 0], ['retried'], ['done', 1]]);
  });

  it('never gives a key to two at once and loses none, whatever the order of things', async () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('add', 'take', 'done', 'later', 'fail'), key: keys }),
      fc.record({ kind: fc.constant('advance'), key: fc.constant('') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue } = start();
        const inHand = new Set<string>();
        const owed = new Set<string>();
        const take = async (): Promise<void> => {
          const key = (await queue.take()) ?? '';
          expect(inHand.has(key)).toBe(false);
          inHand.add(key);
          owed.delete(key);
        };
        for (const { kind, key } of steps) {
          if (kind === 'advance') await clock.advance(150);
          if (kind === 'take' && queue.depth > 0) await take();
          if (kind === 'done') {
            queue.done(key);
            inHand.delete(key);
          }
          if (!['add', 'later', 'fail'].includes(kind)) continue;
          owed.add(key);
          if (kind === 'add') queue.add(key);
          if (kind === 'later') queue.addAfter(key, 100);
          if (kind === 'fail') queue.addFailed(key);
        }
        for (const key of inHand) queue.done(key);
        inHand.clear();
        await clock.advance(10_000);
        while (queue.depth > 0) await take();
        expect([...owed]).toEqual([]);
      }),
    );
  });
});
