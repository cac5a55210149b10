import { describe, expect, it } from 'vitest';
import { RateMeter, secondsLeft } from '../../src/telemetry/rate.ts';

/** Feeds a meter every 100 ms from `from` to `to` seconds and returns what it shows at the end. */
function feed(meter: RateMeter, perSecond: number, from: number, to: number): number | undefined {
  for (let tick = from * 10 + 1; tick <= to * 10; tick += 1) meter.add(perSecond / 10, tick * 100);
  return meter.perSecond(to * 1000);
}

describe('RateMeter', () => {
  it.each([1, 3, 10, 600])('shows a steady rate as it is after %i s', (seconds) => {
    const shown = feed(new RateMeter(0), 1000, 0, seconds);
    expect(shown).toBeGreaterThan(980);
    expect(shown).toBeLessThan(1100);
  });

  it('says nothing in the first half second', () => {
    const meter = new RateMeter(7000);
    meter.add(1_000_000, 7001);
    expect(meter.perSecond(7499)).toBeUndefined();
    expect(meter.perSecond(7500)).toBeGreaterThan(0);
  });

  it('follows a change within seconds, and does not jump at once', () => {
    const meter = new RateMeter(0);
    feed(meter, 1000, 0, 60);
    expect(feed(meter, 2000, 60, 61)).toBeLessThan(1300);
    expect(feed(meter, 2000, 61, 80)).toBeGreaterThan(1950);
  });

  it('goes to nought when nothing moves', () => {
    const meter = new RateMeter(0);
    feed(meter, 1000, 0, 10);
    expect(meter.perSecond(12_000)).toBeLessThan(900);
    expect(meter.perSecond(60_000)).toBeLessThan(1);
  });

  it('weighs amounts by time, not by number of calls', () => {
    const few = new RateMeter(0);
    const many = new RateMeter(0);
    few.add(5000, 4000);
    for (let call = 0; call < 50; call += 1) many.add(100, 4000);
    expect(few.perSecond(5000)).toBeCloseTo(many.perSecond(5000)!, 6);
  });
});

describe('secondsLeft', () => {
  it.each([
    [1000, 100, 10],
    [1001, 100, 11],
    [1, 1e9, 1],
    [0, 100, 0],
    [0, undefined, 0],
    [-5, 100, 0],
    [1000, undefined, undefined],
    [1000, 0, undefined],
    [1e15, 1, undefined],
  ])('for %d bytes at %s bytes/s is %s', (bytes, rate, seconds) => {
    expect(secondsLeft(bytes, rate)).toBe(seconds);
  });
});
