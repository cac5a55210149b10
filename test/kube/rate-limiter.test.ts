import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../src/kube/rate-limiter.ts';
import { ManualClock } from './support/manual-clock.ts';

const never = new AbortController().signal;

describe('RateLimiter', () => {
  it('gives a burst at once and then a turn per interval, in order', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter({ perSecond: 10, burst: 3 }, clock);
    const turns: [number, number][] = [];
    for (let caller = 0; caller < 6; caller++)
      void limiter.take(never).then(() => turns.push([caller, clock.monotonic()]));
    await clock.advance(1000);
    expect(turns).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 100],
      [4, 200],
      [5, 300],
    ]);
  });

  it('saves up to a burst during a pause, and no more', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter({ perSecond: 10, burst: 3 }, clock);
    await clock.advance(60_000);
    expect([1, 2, 3, 4].map(() => limiter.tryTake())).toEqual([true, true, true, false]);
    await clock.advance(100);
    expect([1, 2].map(() => limiter.tryTake())).toEqual([true, false]);
    await clock.advance(60_000);
    let turns = 0;
    for (let caller = 0; caller < 5; caller++) void limiter.take(never).then(() => turns++);
    await clock.advance(0);
    expect(turns).toBe(3);
  });

  it('lets go of who waits when a signal is aborted', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, clock);
    await limiter.take(never);
    await expect(limiter.take(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(clock.waiting).toBe(0);
  });
});
