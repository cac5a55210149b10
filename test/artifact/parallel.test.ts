import { describe, expect, it } from 'vitest';
import { inParallel } from '../../src/artifact/parallel.ts';
import { StowageError } from '../../src/errors.ts';
import { errorOf } from './support.ts';

const numbers = Array.from({ length: 50 }, (_, index) => index);

describe('inParallel', () => {
  it('returns the results in order, whatever ends first', async () => {
    const results = await inParallel(numbers, undefined, async (number) => {
      for (let turns = 50 - number; turns > 0; turns -= 1) await Promise.resolve();
      return number * 2;
    });
    expect(results).toEqual(numbers.map((number) => number * 2));
  });

  it('works on four at a time', async () => {
    let [running, most] = [0, 0];
    await inParallel(numbers, undefined, async () => {
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      running -= 1;
    });
    expect(most).toBe(4);
  });

  it('throws the failure of the earliest item, though a later one failed first, and begins nothing more', async () => {
    const begun: number[] = [];
    const late = Promise.withResolvers<undefined>();
    const error = await errorOf(
      inParallel(numbers, undefined, async (number) => {
        begun.push(number);
        if (number === 1) await late.promise;
        if (number === 3) late.resolve(undefined);
        if (number === 1 || number === 3) throw new StowageError('FileRefused', `item ${number}`);
      }),
    );
    expect(error.message).toBe('item 1');
    expect(begun.length).toBeLessThan(10);
  });

  it('begins nothing once it is told to stop', async () => {
    const controller = new AbortController();
    const begun: number[] = [];
    const promise = inParallel(numbers, controller.signal, async (number) => {
      begun.push(number);
      controller.abort();
      await Promise.resolve();
    });
    expect(await errorOf(promise)).toMatchObject({ code: 'Cancelled' });
    expect(begun).toEqual([0]);
  });

  it('passes on the error that it was stopped with', async () => {
    const reason = new StowageError('Timeout', 'the build took too long');
    expect(await errorOf(inParallel(numbers, AbortSignal.abort(reason), () => Promise.resolve()))).toBe(
      reason,
    );
  });

  it('returns nothing for nothing', async () => {
    expect(await inParallel([], undefined, () => Promise.reject(new Error('called')))).toEqual([]);
  });
});
