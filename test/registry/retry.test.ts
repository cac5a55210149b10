import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import {
  isPassingStatus,
  isWorthRetrying,
  parseRetryAfter,
  RETRY_POLICY,
  TriesExhausted,
  waitBefore,
} from '../../src/registry/retry.ts';
import { retrying } from '../../src/registry/retrying.ts';
import { FAST_RETRY } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;

describe('isPassingStatus', () => {
  it.each([408, 425, 429, 499, 500, 502, 503, 504, 522])('takes %i for something that passes', (status) => {
    expect(isPassingStatus(status)).toBe(true);
  });
  it.each([200, 301, 400, 401, 403, 404, 405, 409, 413, 416, 501, 505, 507])(
    'takes %i for an answer',
    (status) => {
      expect(isPassingStatus(status)).toBe(false);
    },
  );
});

describe('isWorthRetrying', () => {
  const failed = (code: string): StowageError =>
    new StowageError('RegistryUnreachable', 'gone', {
      retryable: true,
      cause: Object.assign(new Error(), { code }),
    });

  it.each([
    ['ECONNRESET', true, true],
    ['EPIPE', true, true],
    ['UND_ERR_SOCKET', true, true],
    ['UND_ERR_HEADERS_TIMEOUT', true, true],
    ['EAI_AGAIN', true, true],
    ['ECONNREFUSED', false, true],
    ['ENOTFOUND', false, true],
    ['EHOSTUNREACH', false, true],
    ['UND_ERR_CONNECT_TIMEOUT', false, true],
  ])('decides on %s: %s at first contact, %s later', (code, first, later) => {
    expect(isWorthRetrying(failed(code), false)).toBe(first);
    expect(isWorthRetrying(failed(code), true)).toBe(later);
  });

  it('does not retry what cannot succeed, was tried enough, or is a defect', () => {
    expect(isWorthRetrying(new StowageError('RegistryAuth', 'no'), true)).toBe(false);
    expect(isWorthRetrying(new TriesExhausted(failed('EPIPE'), 6), true)).toBe(false);
    expect(isWorthRetrying(new TypeError('no'), true)).toBe(false);
  });
});

describe('waitBefore', () => {
  it('doubles, up to a limit, and gives up', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((failures) =>
      waitBefore(failures, undefined, RETRY_POLICY, 0.999999),
    );
    expect(waits.map((wait) => wait && Math.round(wait))).toEqual([1000, 2000, 4000, 8000, 16000, undefined]);
    expect(waitBefore(9, undefined, { ...RETRY_POLICY, attempts: 10 }, 0.999999)).toBeCloseTo(30_000, -1);
  });

  it('waits as long as the server asks, and not at all when that is too long', () => {
    expect(waitBefore(1, 60_000, RETRY_POLICY, 0)).toBe(60_000);
    expect(waitBefore(1, 120_001, RETRY_POLICY, 0)).toBeUndefined();
  });

  it('spreads waits over half of their length, and never waits less than asked', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.option(fc.integer({ min: 0, max: 120_000 })),
        random,
        (failures, after, chance) => {
          const wait = waitBefore(failures, after ?? undefined, RETRY_POLICY, chance) ?? 0;
          const most = 1000 * 2 ** (failures - 1);
          expect(wait).toBeGreaterThanOrEqual(Math.max(most / 2, after ?? 0));
          expect(wait).toBeLessThanOrEqual(Math.max(most, after ?? 0));
        },
      ),
    );
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('Sun, 06 Nov 1994 08:49:00 GMT');
  it.each([
    ['0', 0],
    [' 120 ', 120_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994 GMT', 37_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['99999999999999999999', undefined],
    [undefined, undefined],
  ])('reads %j as %j ms', (header, milliseconds) => {
    expect(parseRetryAfter(header, now)).toBe(milliseconds);
  });
});

describe('retrying', () => {
  const busy = new StowageError('RegistryFailed', 'busy', { retryable: true, hint: 'wait', retryAfter: 1 });
  const retries = { policy: FAST_RETRY, answered: true };

  it('tries until it succeeds', async () => {
    const tried: number[] = [];
    const result = retrying(retries, NEVER, (attempt) => {
      tried.push(attempt);
      return attempt < 4 ? Promise.reject(busy) : Promise.resolve('done');
    });
    expect(await result).toBe('done');
    expect(tried).toEqual([1, 2, 3, 4]);
  });

  it('gives up in the end with the last error, which says how often it was tried', async () => {
    let tries = 0;
    const error = await rejectionOf(retrying(retries, NEVER, () => (++tries, Promise.reject(busy))));
    expect(tries).toBe(6);
    expect(error).toMatchObject({
      code: 'RegistryFailed',
      hint: 'wait',
      retryable: true,
      retryAfter: 1,
      cause: busy,
    });
    expect(error.message).toBe('busy (tried 6 times)');
  });

  it('counts the failures anew, and waits little, after a try that got further', async () => {
    let tries = 0;
    const progressed = (): boolean => tries === 4 || tries === 9;
    const troubles: unknown[] = [];
    const patient = { ...FAST_RETRY, firstDelay: 1, maxDelay: 1 };
    const hooks = { progressed, onTrouble: (error: StowageError) => troubles.push(error) };
    const fail = () => (++tries, Promise.reject(busy));
    await rejectionOf(retrying({ policy: patient, answered: true, ...hooks }, NEVER, fail));
    expect(tries).toBe(9 + 5);
    expect(troubles).toHaveLength(13);
  });

  it('waits no longer than a moment after each try that got further', async () => {
    let tries = 0;
    const slow = { ...RETRY_POLICY, firstDelay: 3_600_000, maxDelay: 3_600_000 };
    const retries = { policy: slow, answered: true, progressed: () => true };
    const result = retrying(retries, NEVER, () => (++tries < 4 ? Promise.reject(busy) : Promise.resolve(1)));
    expect(await result).toBe(1);
  });

  it('does not begin again what something inside has given up on', async () => {
    let tries = 0;
    const inner = () => retrying(retries, NEVER, () => (++tries, Promise.reject(busy)));
    await rejectionOf(retrying(retries, NEVER, inner));
    expect(tries).toBe(6);
  });

  it('lets what cannot succeed pass as it is', async () => {
    const denied = new StowageError('RegistryAuth', 'denied');
    expect(await rejectionOf(retrying(retries, NEVER, () => Promise.reject(denied)))).toBe(denied);
  });

  it('says that it was cancelled, whatever that made fail', async () => {
    const reason = new StowageError('Cancelled', 'interrupted');
    const broken = () => Promise.reject(new StowageError('RegistryFailed', 'half an answer'));
    expect(await rejectionOf(retrying(retries, AbortSignal.abort(reason), broken))).toBe(reason);
  });

  it('stops waiting when it is cancelled', async () => {
    const stop = new AbortController();
    const reason = new StowageError('Cancelled', 'interrupted');
    const slow = { policy: { ...RETRY_POLICY, firstDelay: 3_600_000, maxDelay: 3_600_000 }, answered: true };
    const result = rejectionOf(retrying(slow, stop.signal, () => Promise.reject(busy)));
    setImmediate(() => stop.abort(reason));
    expect(await result).toBe(reason);
  });
});
