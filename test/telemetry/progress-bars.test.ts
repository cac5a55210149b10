import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressBars } from '../../src/telemetry/progress-bars.ts';
import type { Progress, ProgressLayer } from '../../src/telemetry/progress.ts';
import { FakeTerminal } from './screen.ts';

const MiB = 1024 ** 2;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('FORCE_COLOR', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

function layersOf(...titles: string[]): ProgressLayer[] {
  return titles.map((title, index) => ({ index, title, size: 1000 * MiB }));
}

function start(terminal: FakeTerminal, layers: readonly ProgressLayer[]): Progress {
  const bars = progressBars(terminal.stream);
  bars.planned({ layers: layers.length, bytes: layers.reduce((sum, { size }) => sum + size, 0) });
  for (const layer of layers) bars.layerStarted(layer);
  return bars;
}

/** Hands over `perSecond` bytes for some seconds, a little every 10 ms. */
function send(bars: Progress, layer: ProgressLayer, perSecond: number, seconds: number): void {
  for (let tick = 0; tick < seconds * 100; tick += 1) {
    bars.layerBytes(layer, perSecond / 100);
    vi.advanceTimersByTime(10);
  }
}

describe('bars', () => {
  it('show the whole work and each layer on its way', () => {
    const terminal = new FakeTerminal(80);
    const layers = layersOf('a.safetensors.tar', 'b.safetensors.tar');
    const bars = start(terminal, layers);
    send(bars, layers[0]!, 100 * MiB, 5);
    expect(terminal.text).toEqual([
      ' 25 %  500 MiB of 2.0 GiB  0 of 2 layers  99.9 MiB/s  16 s left',
      '  a.safetensors.tar  ━━━━━━━━━━━━━━━───────────────   50 %  99.9 MiB/s',
      '  b.safetensors.tar  ──────────────────────────────    0 %       0 B/s',
    ]);
    bars.finished();
  });

  it('let finished layers and warnings scroll away above', () => {
    const terminal = new FakeTerminal(80, 5);
    const layers = layersOf('a.tar', 'b.tar', 'c.tar');
    const bars = start(terminal, layers);
    vi.advanceTimersByTime(1000);
    bars.layerDone(layers[1]!, 'uploaded');
    bars.warning('the registry is slow');
    vi.advanceTimersByTime(100);
    bars.layerDone(layers[0]!, 'mounted');
    vi.advanceTimersByTime(100);
    expect(terminal.text).toEqual([
      '✓ b.tar  1000 MiB  uploaded',
      'warning: the registry is slow',
      '✓ a.tar  1000 MiB  mounted',
      ' 66 %  2.0 GiB of 2.9 GiB  2 of 3 layers  0 B/s',
      '  c.tar  ──────────────────────────────    0 %       0 B/s',
    ]);
    bars.layerDone(layers[2]!, 'exists');
    bars.finished();
    expect(terminal.text).toEqual([
      '✓ b.tar  1000 MiB  uploaded',
      'warning: the registry is slow',
      '✓ a.tar  1000 MiB  mounted',
      '✓ c.tar  1000 MiB  exists',
    ]);
  });

  it('go back when an attempt starts again', () => {
    const terminal = new FakeTerminal(80);
    const [layer] = layersOf('a.tar');
    const bars = start(terminal, [layer!]);
    send(bars, layer!, 100 * MiB, 6);
    expect(terminal.text[0]).toContain('60 %');
    bars.layerBytes(layer!, -600 * MiB);
    vi.advanceTimersByTime(100);
    expect(terminal.text[0]).toMatch(/^ {2}0 % {2}0 B of 1000 MiB/);
    expect(terminal.text[1]).toContain('  0 %');
    bars.finished();
  });

  it('say how far it came where the work ends early', () => {
    const terminal = new FakeTerminal(80);
    const layers = layersOf('a.tar', 'b.tar');
    const bars = start(terminal, layers);
    send(bars, layers[0]!, 100 * MiB, 5);
    bars.finished();
    expect(terminal.text).toEqual(['stopped at 25 %: 500 MiB of 2.0 GiB, 0 of 2 layers']);
  });

  it('write nothing for a build without layers, and do not hide the cursor', () => {
    const terminal = new FakeTerminal();
    const bars = start(terminal, []);
    vi.advanceTimersByTime(5000);
    bars.finished();
    expect(terminal.writes).toEqual([]);
  });

  it('write a warning at once while nothing is drawn yet', () => {
    const terminal = new FakeTerminal();
    const bars = progressBars(terminal.stream);
    bars.warning('a pickle runs code');
    expect(terminal.text).toEqual(['warning: a pickle runs code']);
    bars.finished();
    expect(terminal.cursorVisible).toBe(true);
  });

  it('count an empty layer', () => {
    const terminal = new FakeTerminal(80);
    const layer = { index: 0, title: 'empty.tar', size: 0 };
    const bars = start(terminal, [layer]);
    vi.advanceTimersByTime(600);
    expect(terminal.text[0]).toMatch(/^ {2}0 % {2}0 B of 0 B {2}0 of 1 layers/);
    bars.layerDone(layer, 'uploaded');
    bars.finished();
    expect(terminal.text).toEqual(['✓ empty.tar       0 B  uploaded']);
  });
});

describe('bars fit the terminal', () => {
  const titles = [
    'model-00001-of-00004.safetensors.tar',
    '模型-权重-第三部分-of-很长的名字.safetensors.tar',
    'x',
  ];

  it.each([5, 10, 20, 30, 40, 50, 60, 80, 200])('of %i columns without a line that wraps', (columns) => {
    const terminal = new FakeTerminal(columns);
    const layers = layersOf(...titles);
    const bars = start(terminal, layers);
    send(bars, layers[1]!, 100 * MiB, 2);
    const widest = Math.max(...terminal.text.map((line) => line.replaceAll(/\p{Script=Han}/gu, '##').length));
    expect(terminal.text).toHaveLength(4);
    expect(widest).toBeLessThan(columns);
    bars.layerDone(layers[1]!, 'uploaded');
    vi.advanceTimersByTime(100);
    expect(terminal.wrapped).toBe(false);
    bars.finished();
  });

  it('of 20 columns with what matters most', () => {
    const terminal = new FakeTerminal(20);
    const layers = layersOf(titles[0]!);
    const bars = start(terminal, layers);
    send(bars, layers[0]!, 100 * MiB, 5);
    expect(terminal.text).toEqual([' 50 %  6 s left', '  mode…s.tar   50 %']);
    bars.layerDone(layers[0]!, 'uploaded');
    bars.finished();
    expect(terminal.text).toEqual(['✓ mode…s.tar']);
  });

  it.each([
    [1, []],
    [2, [/ 0 % .*0 of 8 layers/]],
    [3, [/ 0 % .*0 of 8 layers/, /^ {2}… and 8 more$/]],
    [6, [/ 0 % .*0 of 8 layers/, /0\.tar/, /1\.tar/, /2\.tar/, /^ {2}… and 5 more$/]],
    [10, [/ 0 % .*0 of 8 layers/, ...Array.from({ length: 8 }, (_, index) => new RegExp(`${index}\\.tar`))]],
  ])('of %i rows, leaving one free', (rows, lines) => {
    const terminal = new FakeTerminal(80, rows);
    const bars = start(terminal, layersOf(...Array.from({ length: 8 }, (_, index) => `${index}.tar`)));
    vi.advanceTimersByTime(500);
    expect(terminal.text).toEqual(lines.map((line) => expect.stringMatching(line) as string));
    bars.finished();
  });

  it('that does not know its size', () => {
    const terminal = new FakeTerminal(0, 0);
    const bars = start(terminal, layersOf('a.tar'));
    terminal.wraps = false;
    vi.advanceTimersByTime(500);
    expect(terminal.writes.join('')).toContain('─'.repeat(30));
    bars.finished();
  });

  it.each([
    [100, 60],
    [100, 33],
    [40, 100],
  ])('that goes from %i to %i columns, leaving nothing behind', (before, after) => {
    const terminal = new FakeTerminal(before);
    const layers = layersOf(...titles);
    const bars = start(terminal, layers);
    vi.advanceTimersByTime(1000);
    terminal.resize(after);
    vi.advanceTimersByTime(100);
    expect(terminal.text).toHaveLength(4);
    for (const layer of layers) bars.layerDone(layer, 'uploaded');
    bars.finished();
    expect(terminal.text).toHaveLength(3);
  });
});

describe('bars leave the terminal as it was', () => {
  it('with no timer, no listener and the cursor shown after finished()', () => {
    const listeners = process.listenerCount('exit');
    const terminal = new FakeTerminal();
    const bars = start(terminal, layersOf('a.tar'));
    vi.advanceTimersByTime(500);
    expect(terminal.cursorVisible).toBe(false);
    bars.finished();
    expect(terminal).toMatchObject({ cursorVisible: true, wraps: true });
    expect(vi.getTimerCount()).toBe(0);
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  it('with the cursor shown when the process exits in the middle', () => {
    const before = new Set(process.listeners('exit'));
    const terminal = new FakeTerminal();
    const bars = start(terminal, layersOf('a.tar'));
    vi.advanceTimersByTime(500);
    const ours = process.listeners('exit').filter((listener) => !before.has(listener));
    for (const listener of ours) listener.call(process, 1);
    expect(ours).toHaveLength(1);
    expect(terminal.cursorVisible).toBe(true);
    bars.finished();
  });

  it('and stay silent afterwards', () => {
    const terminal = new FakeTerminal();
    const [layer] = layersOf('a.tar');
    const bars = start(terminal, [layer!]);
    bars.finished();
    const said = terminal.writes.length;
    bars.finished();
    bars.layerBytes(layer!, 5);
    bars.planned({ layers: 1, bytes: 5 });
    vi.advanceTimersByTime(1000);
    expect(terminal.writes).toHaveLength(said);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('drawing at most ten times a second, and not at all while nothing changes', () => {
    const terminal = new FakeTerminal();
    const [layer] = layersOf('a.tar');
    const bars = start(terminal, [layer!]);
    send(bars, layer!, 10 * MiB, 3);
    expect(terminal.writes.length).toBeLessThanOrEqual(30);
    expect(terminal.writes.length).toBeGreaterThan(20);
    vi.advanceTimersByTime(300_000);
    const said = terminal.writes.length;
    vi.advanceTimersByTime(10_000);
    expect(terminal.writes).toHaveLength(said);
    bars.finished();
  });

  it('showing control characters of titles and warnings instead of obeying them', () => {
    const terminal = new FakeTerminal(80);
    const layers = layersOf('a\x1b[2J\x07.tar');
    const bars = start(terminal, layers);
    vi.advanceTimersByTime(500);
    bars.warning('bad\r\nname');
    bars.layerDone(layers[0]!, 'uploaded');
    bars.finished();
    expect(terminal.text).toEqual(['warning: bad\\r\\nname', '✓ a\\x1b[2J\\x07.tar  1000 MiB  uploaded']);
  });
});

it('bars have colours on a terminal that has them', () => {
  for (const name of ['NO_COLOR', 'CI']) vi.stubEnv(name, undefined);
  vi.stubEnv('TERM', 'xterm-256color');
  const terminal = new FakeTerminal(80);
  const [layer] = layersOf('a.tar');
  const bars = start(terminal, [layer!]);
  send(bars, layer!, 100 * MiB, 5);
  bars.finished();
  expect(terminal.writes.join('')).toContain('\x1b[36m━━━━━━━━━━━━━━━\x1b[39m');
});
