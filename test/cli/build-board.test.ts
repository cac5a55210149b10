import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildBoard } from '../../src/cli/build-board.ts';
import type { BuildDisplay } from '../../src/cluster/build-display.ts';
import { StowageError } from '../../src/errors.ts';
import { FakeTerminal } from '../telemetry/screen.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const REASON = { reason: 'PathNotFound', message: 'the directory is not on the node' };
const FAILED = { state: 'failed', ...REASON, resumes: false } as const;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('FORCE_COLOR', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

function board(columns: number, rows?: number): { terminal: FakeTerminal; display: BuildDisplay } {
  const terminal = new FakeTerminal(columns, rows);
  return { terminal, display: buildBoard(terminal.stream) };
}

function building(bytes: number) {
  return { state: 'building', progress: { bytes, total: 1000, rate: 1024 ** 2, eta: 120 } } as const;
}

describe('several builds on a terminal', () => {
  it('have a line each, which is redrawn in place until they have ended', () => {
    const { terminal, display } = board(80);
    display.course('bert-v4', { state: 'queued', before: 2 });
    display.course('bert-v10-large', building(100));
    display.moved('bert-v10-large', building(430));
    expect(terminal.text).toEqual([
      '  bert-v10-large  ━━━━━━━━╸───────────  43 %  1.0 MiB/s  2 min left',
      '  bert-v4         Waiting in the queue, 2 before it',
    ]);
    display.course('bert-v4', FAILED);
    display.course('bert-v10-large', { state: 'ready' });
    display.close();
    expect(terminal.text).toEqual([
      '✗ bert-v4  Failed: PathNotFound, the directory is not on the node',
      '✓ bert-v10-large  Ready',
    ]);
  });

  it('count down to the next attempt', () => {
    const { terminal, display } = board(80);
    display.course('a', { state: 'retrying', ...REASON, at: new Date(NOW.getTime() + 40_000) });
    vi.advanceTimersByTime(30_000);
    expect(terminal.text).toEqual(['  a  Retry in 10 s: PathNotFound, the directory is not on the node']);
    display.close();
  });

  it('fit a small terminal, and leave room for what is said above', () => {
    const { terminal, display } = board(30, 4);
    for (const name of ['d', 'c', 'b', 'a']) display.course(name, building(500));
    display.trouble(new StowageError('ClusterUnreachable', 'the connection is lost'));
    expect(terminal.text.slice(-3)).toEqual([
      '  a  50 %  1.0 MiB/s  2 min …',
      '  b  50 %  1.0 MiB/s  2 min …',
      '  … and 2 more',
    ]);
    display.course('c', FAILED);
    display.close();
    expect(terminal.text.at(-1)).toBe('✗ c  Failed: PathNotFound, t…');
  });

  it('do not let what strangers wrote act on the terminal', () => {
    const { terminal, display } = board(80);
    display.course('a', { state: 'waiting', reason: 'Unschedulable', message: 'no\x1b[2Jnode' });
    expect(terminal.text).toEqual(['  a  Waiting: Unschedulable, no\\x1b[2Jnode']);
    display.close();
  });
});
