import { describe, expect, it } from 'vitest';
import { backoffDelay } from '../../src/kube/backoff.ts';
import { sleep, SYSTEM_CLOCK, within } from '../../src/kube/clock.ts';
import { ManualClock } from './support/manual-clock.ts';

describe('sleep', () => {
  it('ends when its time has come, not before', async () => {
    const clock = new ManualClock();
    let over = false;
    void sleep(clock, 1000, new AbortController().signal).then(() => (over = true));
    await clock.advance(999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
  });

  it('rejects with the reason of a signal, before or while it waits, and leaves no timer', async () => {
    const clock = new ManualClock();
    const reason = new Error('enough');
    await expect(sleep(clock, 1000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const sleeping = sleep(clock, 1000, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(clock.waiting).toBe(0);
  });
});

describe('within', () => {
  const expired = (): Error => new Error('too late');

  it('gives the result and leaves no timer', async () => {
    const clock = new ManualClock();
    const result = await within({ clock, milliseconds: 10, expired }, undefined, () =>
      Promise.resolve('done'),
    );
    expect([result, clock.waiting]).toEqual(['done', 0]);
  });

  it('aborts the work when the time is over', async () => {
    const clock = new ManualClock();
    const work = within({ clock, milliseconds: 10, expired }, undefined, (signal) =>
      sleep(clock, 1e6, signal),
    );
    const failed = expect(work).rejects.toThrow('too late');
    await clock.advance(10);
    await failed;
  });

  it('aborts the work with the reason of the signal around it', async () => {
    const clock = new ManualClock();
    const around = new AbortController();
    const work = within({ clock, milliseconds: 10, expired }, around.signal, (signal) =>
      sleep(clock, 1e6, signal),
    );
    around.abort(new Error('from outside'));
    await expect(work).rejects.toThrow('from outside');
    const late = within({ clock, milliseconds: 10, expired }, around.signal, (signal) =>
      sleep(clock, 1e6, signal),
    );
    await expect(late).rejects.toThrow('from outside');
  });
});

describe('the system clock', () => {
  it('does not fire at once for a time longer than a timer can wait', async () => {
    let fired = false;
    const cancel = SYSTEM_CLOCK.after(2 ** 40, () => (fired = true));
    await sleep(SYSTEM_CLOCK, 20, new AbortController().signal);
    cancel();
    expect(fired).toBe(false);
  });
});

describe('backoffDelay', () => {
  const backoff = { first: 100, max: 1000 };

  it.each([
    [1, 0, 50],
    [1, 1, 100],
    [2, 1, 200],
    [4, 1, 800],
    [5, 1, 1000],
    [5, 0, 500],
    [100_000, 1, 1000],
  ])('after %i failures with chance %d it is %i ms', (failures, random, expected) => {
    expect(backoffDelay(backoff, failures, random)).toBe(expected);
  });
});
