import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRate } from '../../src/pack/rate.ts';

describe('a rate', () => {
  it.each([
    ['50MB/s', 50e6],
    ['1.5 GB/s', 1.5e9],
    ['20MiB/s', 20 * 1024 ** 2],
    ['100Mbit/s', 12.5e6],
    ['1kB/s', 1000],
    ['1000B/s', 1000],
  ])('%s is %d bytes per second', (text, bytes) => {
    expect(parseRate(text)).toBe(bytes);
  });

  it.each(['', '50', '50MB', 'MB/s', '50mb/s', '50Mb/s', '50Mibit/s', '-1MB/s', '1e9B/s', '0MB/s', '999B/s'])(
    'is not %j',
    (text) => {
      expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: 'UsageInvalid' }) as Error);
    },
  );

  it('is a number above 0, or refused, whatever is written', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseRate(text)).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'UsageInvalid' });
        }
      }),
    );
  });
});
