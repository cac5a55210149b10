import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { WorkQueue } from '../../src/kube/work-queue.ts';
import { runWorkers, type Reconcile } from '../../src/kube/workers.ts';
import { ManualClock } from './support/manual-clock.ts';

interface Shop {
  readonly clock: ManualClock;
  readonly queue: WorkQueue;
  readonly failures: [key: string, code: string, wait: number][];
  /** Stops, and waits until the workers have ended. */
  close(): Promise<void>;
}

function open(reconcile: Reconcile, count = 2): Shop {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock, backoff: { first: 100, max: 1000 }, random: () => 1 });
  const failures: Shop['failures'] = [];
  const onFailure = (key: string, { code }: StowageError, wait: number): void =>
    void failures.push([key, code, wait]);
  const stop = new AbortController();
  const running = runWorkers(queue, { count, reconcile, onFailure }, stop.signal);
  return {
    ...{ clock, queue, failures },
    close: () => {
      stop.abort();
      return running;
    },
  };
}

describe('runWorkers', () => {
  it('works on as many keys at once as there are workers, never on one key twice', async () => {
    const inHand: string[] = [];
    let most = 0;
    const shop = open(async (key) => {
      expect(inHand).not.toContain(key);
      inHand.push(key);
      most = Math.max(most, inHand.length);
      await tick();
      inHand.splice(inHand.indexOf(key), 1);
      return undefined;
    }, 3);
    for (let round = 0; round < 10; round++) {
      for (const key of ['a', 'b', 'c', 'd', 'e']) shop.queue.add(key);
      await tick();
    }
    await shop.close();
    expect(most).toBe(3);
  });

  it('looks again when a reconcile says when, and then has forgotten earlier failures', async () => {
    const seen: number[] = [];
    const shop: Shop = open(() => {
      seen.push(shop.clock.monotonic());
      if (seen.length === 1) throw new StowageError('ClusterFailed', 'not yet');
      return Promise.resolve(seen.length === 2 ? { after: 500 } : undefined);
    });
    shop.queue.add('a');
    await shop.clock.advance(5000);
    expect(seen).toEqual([0, 100, 600]);
    expect(shop.queue.failuresOf('a')).toBe(0);
    await shop.close();
  });

  it('tries again later and later what fails, and not before the error allows it', async () => {
    const times: number[] = [];
    const shop: Shop = open(() => {
      times.push(shop.clock.monotonic());
      const retryAfter = times.length === 3 ? { retryAfter: 3000 } : {};
      return Promise.reject(new StowageError('ClusterFailed', 'no', retryAfter));
    });
    shop.queue.add('a');
    await shop.clock.advance(4000);
    expect(times).toEqual([0, 100, 300, 3300]);
    expect(shop.failures).toEqual([
      ['a', 'ClusterFailed', 100],
      ['a', 'ClusterFailed', 200],
      ['a', 'ClusterFailed', 3000],
      ['a', 'ClusterFailed', 800],
    ]);
    await shop.close();
  });

  it('tells a defect as one', async () => {
    const shop = open(() => Promise.reject(new TypeError('x is undefined')));
    shop.queue.add('a');
    await tick();
    expect(shop.failures).toEqual([['a', 'Internal', 100]]);
    await shop.close();
  });

  it('ends with the keys in hand and leaves the others', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const begun: string[] = [];
    const ended: string[] = [];
    const shop = open(async (key) => {
      begun.push(key);
      await promise;
      ended.push(key);
      return undefined;
    }, 1);
    shop.queue.add('a');
    shop.queue.add('b');
    await tick();
    const closing = shop.close();
    resolve(undefined);
    await closing;
    expect([begun, ended]).toEqual([['a'], ['a']]);
  });

  it('does nothing when it is told to stop before it begins', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    const reconcile: Reconcile = () => Promise.reject(new Error('not to be called'));
    const onFailure = (): void => expect.unreachable();
    await runWorkers(queue, { count: 2, reconcile, onFailure }, AbortSignal.abort());
    expect(queue.depth).toBe(0);
  });
});
