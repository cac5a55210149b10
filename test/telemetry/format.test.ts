import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatPercent, formatRate } from '../../src/telemetry/format.ts';

const KiB = 1024;
const GiB = KiB ** 3;

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1.5 * KiB, '1.5 KiB'],
    [99.94 * KiB, '99.9 KiB'],
    [99.96 * KiB, '100 KiB'],
    [1023.4 * KiB, '1023 KiB'],
    [1023.6 * KiB, '1.0 MiB'],
    [4.9 * GiB, '4.9 GiB'],
    [140 * GiB, '140 GiB'],
    [3 * KiB ** 4, '3.0 TiB'],
    [5000 * KiB ** 5, '5000 PiB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('takes at most eight columns up to a pebibyte', () => {
    fc.assert(fc.property(fc.nat(KiB ** 5), (bytes) => formatBytes(bytes).length <= 8));
  });
});

it('formatRate says per second', () => {
  expect(formatRate(612.3 * KiB ** 2)).toBe('612 MiB/s');
});

describe('formatDuration', () => {
  it.each([
    [0.04, '40 ms'],
    [0.999, '999 ms'],
    [0.9999, '1 s'],
    [3.21, '3.2 s'],
    [3, '3 s'],
    [9.97, '10 s'],
    [42.4, '42 s'],
    [59.7, '1 min'],
    [125, '2 min 5 s'],
    [3599.6, '1 h'],
    [3780, '1 h 3 min'],
    [86_399, '1 d'],
    [100 * 3600, '4 d 4 h'],
  ])('%d is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('formatPercent', () => {
  it.each([
    [0, '0 %'],
    [0.469, '46 %'],
    [0.9999, '99 %'],
    [1, '100 %'],
    [1.2, '100 %'],
    [-1, '0 %'],
  ])('%d is %s', (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text);
  });
});
