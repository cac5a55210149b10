import { describe, expect, it } from 'vitest';
import { formatAge, formatCount } from '../../../src/cli/terminal/format.ts';

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [512, '512'],
    [999, '999'],
    [82_300, '82.3 K'],
    [124_439_808, '124 M'],
    [999_900_000, '1 B'],
    [7_241_732_096, '7.24 B'],
    [7_000_000_000, '7 B'],
    [70_553_706_496, '70.6 B'],
    [1.1e12, '1.1 T'],
    [4.2e15, '4200 T'],
  ])('%d parameters are %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});

describe('formatAge', () => {
  const MINUTE = 60;
  const HOUR = 3600;
  const DAY = 24 * HOUR;
  it.each([
    [-30, '0s'],
    [0, '0s'],
    [45.9, '45s'],
    [119, '119s'],
    [2 * MINUTE, '2m'],
    [5 * MINUTE + 30, '5m30s'],
    [17 * MINUTE + 30, '17m'],
    [179 * MINUTE, '179m'],
    [3 * HOUR + 2 * MINUTE, '3h2m'],
    [7 * HOUR, '7h'],
    [8 * HOUR + 30 * MINUTE, '8h'],
    [47 * HOUR, '47h'],
    [3 * DAY, '3d'],
    [3 * DAY + 5 * HOUR, '3d5h'],
    [8 * DAY + 5 * HOUR, '8d'],
    [700 * DAY, '700d'],
    [750 * DAY, '2y20d'],
    [3000 * DAY, '8y'],
  ])('%d seconds are %s', (seconds, text) => {
    const from = new Date('2030-01-01T00:00:00Z');
    expect(formatAge(from, new Date(from.getTime() + seconds * 1000))).toBe(text);
  });
});
