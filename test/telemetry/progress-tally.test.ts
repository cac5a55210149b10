import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/telemetry/progress-tally.ts';
import type { ProgressLayer } from '../../src/telemetry/progress.ts';

const MiB = 1024 ** 2;
const layer = (index: number, size: number): ProgressLayer => ({ index, title: `layer ${index}`, size });

function tally(...sizes: number[]): { tally: Tally; layers: ProgressLayer[] } {
  const layers = sizes.map((size, index) => layer(index, size));
  const made = new Tally(0);
  made.planned({ layers: layers.length, bytes: sizes.reduce((sum, size) => sum + size, 0) });
  return { tally: made, layers };
}

describe('Tally', () => {
  it('adds up layers that are done and those on their way', () => {
    const { tally: it, layers } = tally(1000, 3000);
    it.started(layers[0]!, 0);
    it.started(layers[1]!, 0);
    it.moved(layers[0]!, 1000, 500);
    it.done(layers[0]!);
    it.moved(layers[1]!, 600, 1000);
    expect(it.total(2000)).toMatchObject({
      layers: 2,
      layersDone: 1,
      bytes: 4000,
      bytesDone: 1600,
      fraction: 0.4,
      seconds: 2,
    });
    expect(it.flights(2000)).toMatchObject([{ layer: layers[1], fraction: 0.2 }]);
  });

  it('goes back when an attempt starts again, but never below nought, and keeps the rate', () => {
    const { tally: it, layers } = tally(1000);
    it.started(layers[0]!, 0);
    it.moved(layers[0]!, 800, 900);
    const before = it.total(1000).bytesPerSecond!;
    it.moved(layers[0]!, -900, 1000);
    expect(it.total(1000)).toMatchObject({ bytesDone: 0, bytesPerSecond: before });
    it.moved(layers[0]!, 100, 1000);
    expect(it.total(1000).bytesDone).toBe(100);
  });

  it('does not take a layer that the target had for speed', () => {
    const { tally: it, layers } = tally(10_000 * MiB, 100 * MiB);
    it.started(layers[0]!, 0);
    it.moved(layers[0]!, 10_000 * MiB, 1000);
    it.done(layers[0]!);
    it.started(layers[1]!, 1000);
    for (let tick = 0; tick < 10; tick += 1) it.moved(layers[1]!, MiB, 1000 + tick * 100);
    expect(it.total(2000)).toMatchObject({ bytesDone: 10_010 * MiB });
    expect(it.total(2000).bytesPerSecond).toBeLessThan(20 * MiB);
  });

  it('counts a done layer as planned, whether fewer bytes moved or more', () => {
    const { tally: it, layers } = tally(1000, 1000);
    for (const each of layers) it.started(each, 0);
    it.moved(layers[0]!, 400, 10);
    it.done(layers[0]!);
    it.moved(layers[1]!, 1700, 10);
    expect(it.total(100)).toMatchObject({ bytesDone: 2000, fraction: 0.99 });
    it.done(layers[1]!);
    expect(it.total(100)).toMatchObject({ bytesDone: 2000, fraction: 1, secondsLeft: 0 });
  });

  it.each([
    ['no layers', [], 0, 1],
    ['empty layers, none done', [0, 0], 0, 0],
    ['empty layers, one done', [0, 0], 1, 0.5],
    ['empty layers, all done', [0, 0], 2, 1],
  ])('has a fraction for %s', (_, sizes, done, fraction) => {
    const { tally: it, layers } = tally(...sizes);
    for (const each of layers) it.started(each, 0);
    for (const each of layers.slice(0, done)) it.done(each);
    expect(it.total(1000).fraction).toBe(fraction);
    expect(it.flights(1000).every((flight) => flight.fraction === 0)).toBe(true);
  });

  it('ignores bytes of a layer that is not on its way', () => {
    const { tally: it, layers } = tally(1000);
    it.moved(layers[0]!, 500, 10);
    expect(it.total(1000)).toMatchObject({ bytesDone: 0, bytesPerSecond: 0 });
  });
});
