import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressLines } from '../../src/telemetry/progress-lines.ts';

const MiB = 1024 ** 2;
const big = { index: 0, title: 'model.safetensors.tar', size: 4000 * MiB };
const small = { index: 1, title: 'bad\x1b[31m.tar', size: 0 };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function lines(stream: PassThrough): string[] {
  return String(stream.read() ?? '')
    .split('\n')
    .slice(0, -1);
}

describe('plain lines', () => {
  it('tell the plan, each finished layer, warnings, and every ten seconds how far it is', () => {
    const stream = new PassThrough();
    const progress = progressLines(stream);
    progress.warning('one\ntwo');
    progress.planned({ layers: 2, bytes: big.size });
    progress.layerStarted(big);
    progress.layerStarted(small);
    progress.layerDone(small, 'uploaded');
    expect(lines(stream)).toEqual([
      'warning: one\\ntwo',
      '2 layers, 3.9 GiB',
      'bad\\x1b[31m.tar  0 B  uploaded',
    ]);
    for (let tick = 0; tick < 250; tick += 1) {
      progress.layerBytes(big, MiB);
      progress.layerBytes(big, MiB);
      vi.advanceTimersByTime(100);
    }
    expect(lines(stream)).toEqual([
      expect.stringMatching(/^5 % {2}200 MiB of 3\.9 GiB {2}19\.\d MiB\/s {2}3 min \d+ s left$/),
      expect.stringMatching(/^10 % {2}400 MiB of 3\.9 GiB {2}19\.\d MiB\/s {2}\d min/),
    ]);
    progress.layerDone(big, 'uploaded');
    progress.finished();
    expect(lines(stream)).toEqual(['model.safetensors.tar  3.9 GiB  uploaded']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('say how far it came where the work ends early, once', () => {
    const stream = new PassThrough();
    const progress = progressLines(stream);
    progress.planned({ layers: 2, bytes: big.size });
    progress.layerStarted(big);
    progress.layerBytes(big, 400 * MiB);
    progress.finished();
    progress.finished();
    progress.layerDone(big, 'uploaded');
    expect(lines(stream)).toEqual([
      '2 layers, 3.9 GiB',
      'stopped at 10 %: 400 MiB of 3.9 GiB, 0 of 2 layers',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('set no timer for a build without layers', () => {
    const stream = new PassThrough();
    const progress = progressLines(stream);
    progress.planned({ layers: 0, bytes: 0 });
    expect(vi.getTimerCount()).toBe(0);
    progress.finished();
    expect(lines(stream)).toEqual(['0 layers, 0 B']);
  });
});
