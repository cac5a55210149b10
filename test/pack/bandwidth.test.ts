import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bandwidth, type Clock } from '../../src/pack/bandwidth.ts';

const never = new AbortController().signal;

/** A clock that goes on when somebody waits. */
function clock(): Clock & { time: number } {
  return {
    time: 0,
    now() {
      return this.time;
    },
    sleep(milliseconds) {
      this.time += milliseconds;
      return Promise.resolve();
    },
  };
}

describe('a bandwidth', () => {
  it('lets no more through, over any time, than it has room for, a burst and a chunk', async () => {
    const asks = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 1e6 }), pause: fc.nat(500) }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1_000, max: 1e8 }), asks, async (rate, all) => {
        const time = clock();
        const bandwidth = new Bandwidth(rate, time);
        const sent: { at: number; bytes: number }[] = [];
        for (const { bytes, pause } of all) {
          time.time += pause;
          await bandwidth.take(bytes, never);
          sent.push({ at: time.time, bytes });
        }
        for (const [first, { at }] of sent.entries()) {
          let total = 0;
          for (const { at: then, bytes } of sent.slice(first)) {
            const room = (rate * (then - at + 100)) / 1000;
            expect(total).toBeLessThanOrEqual(room + 1e-3);
            total += bytes;
          }
        }
      }),
    );
  });

  it('is all that is used, where somebody always asks', async () => {
    const time = clock();
    const bandwidth = new Bandwidth(1e6, time);
    for (let chunk = 0; chunk < 100; chunk += 1) await bandwidth.take(100_000, never);
    expect(time.time).toBeGreaterThan(9_700);
    expect(time.time).toBeLessThan(10_000);
  });

  it.each([
    [1_000, 4_096],
    [100_000, 10_000],
    [1e9, 1e8],
  ])('of %i bytes a second is asked for %i at a time', (rate, most) => {
    expect(new Bandwidth(rate).most).toBe(most);
  });

  it('is waited for no longer than the build goes on', async () => {
    const bandwidth = new Bandwidth(1);
    const controller = new AbortController();
    await bandwidth.take(1_000_000, never);
    const waiting = bandwidth.take(1, controller.signal).catch((error: unknown) => error);
    controller.abort(new Error('enough'));
    expect(await waiting).toMatchObject({ message: 'enough' });
  });
});
