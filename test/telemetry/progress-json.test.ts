import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ProgressEvent, progressJson } from '../../src/telemetry/progress-json.ts';

const MiB = 1024 ** 2;
const layer = { index: 3, title: 'a\n\x1b[31m.tar', size: 100 * MiB };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function events(stream: PassThrough): ProgressEvent[] {
  const text = String(stream.read() ?? '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ProgressEvent);
}

describe('JSON lines', () => {
  it('are an event each, in order, from the plan to the end', () => {
    const stream = new PassThrough();
    const progress = progressJson(stream);
    progress.planned({ layers: 1, bytes: layer.size });
    progress.layerStarted(layer);
    for (let tick = 0; tick < 40; tick += 1) {
      progress.layerBytes(layer, MiB);
      vi.advanceTimersByTime(50);
    }
    progress.warning('a pickle');
    progress.layerDone(layer, 'uploaded');
    progress.finished();
    const extent = { layers: 1, bytes: layer.size };
    expect(events(stream)).toEqual([
      { event: 'planned', layers: 1, bytes: layer.size },
      {
        event: 'progress',
        ...extent,
        layersDone: 0,
        bytesDone: 20 * MiB,
        bytesPerSecond: expect.any(Number) as number,
        secondsLeft: 5,
      },
      {
        event: 'progress',
        ...extent,
        layersDone: 0,
        bytesDone: 40 * MiB,
        bytesPerSecond: expect.any(Number) as number,
        secondsLeft: 4,
      },
      { event: 'warning', message: 'a pickle' },
      { event: 'layer', index: 3, title: layer.title, size: layer.size, action: 'uploaded' },
      { event: 'done', ...extent, layersDone: 1, bytesDone: layer.size, seconds: 2 },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are no more than one a second, and none while nothing changes', () => {
    const stream = new PassThrough();
    const progress = progressJson(stream);
    progress.planned({ layers: 1, bytes: layer.size });
    progress.layerStarted(layer);
    for (let tick = 0; tick < 1000; tick += 1) {
      progress.layerBytes(layer, 1024);
      vi.advanceTimersByTime(10);
    }
    expect(events(stream)).toHaveLength(1 + 10);
    vi.advanceTimersByTime(300_000);
    events(stream);
    vi.advanceTimersByTime(60_000);
    expect(events(stream)).toEqual([]);
    progress.finished();
  });

  it('hold whole numbers and never a raw control character', () => {
    const stream = new PassThrough();
    const progress = progressJson(stream);
    progress.planned({ layers: 2, bytes: 1000 });
    progress.layerStarted(layer);
    progress.layerBytes(layer, 333);
    vi.advanceTimersByTime(2777);
    progress.layerDone(layer, 'uploaded');
    const text = String(stream.read());
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).not.toMatch(/\d\.\d/);
    progress.finished();
  });

  it('end with the last event, whatever is called afterwards', () => {
    const stream = new PassThrough();
    const progress = progressJson(stream);
    progress.finished();
    progress.finished();
    progress.warning('late');
    progress.planned({ layers: 1, bytes: 1 });
    vi.advanceTimersByTime(5000);
    expect(events(stream)).toEqual([
      { event: 'done', layers: 0, layersDone: 0, bytes: 0, bytesDone: 0, seconds: 0 },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
