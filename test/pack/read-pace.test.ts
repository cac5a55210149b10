import { describe, expect, it } from 'vitest';
import { ReadPace } from '../../src/pack/read-pace.ts';

const CHUNK = 512 * 1024;
/** 100 MB/s and 4 GB/s, in nanoseconds for a chunk. */
const SLOW = CHUNK * 10;
const FAST = CHUNK / 4;

function read(pace: ReadPace, times: number, nanoseconds: number): void {
  for (let i = 0; i < times; i += 1) if (pace.nextIsSynchronous()) pace.measured(CHUNK, nanoseconds);
}

describe('ReadPace', () => {
  it('reads synchronously while the storage answers from memory', () => {
    const pace = new ReadPace();
    read(pace, 1000, FAST);
    expect(pace.readAhead).toBe(false);
  });

  it('reads ahead once several reads were slow', () => {
    const pace = new ReadPace();
    read(pace, 8, SLOW);
    expect(pace.readAhead).toBe(true);
  });

  it('takes one slow read among fast ones for noise', () => {
    const pace = new ReadPace();
    read(pace, 20, FAST);
    read(pace, 1, SLOW);
    read(pace, 20, FAST);
    expect(pace.readAhead).toBe(false);
  });

  it('probes while it reads ahead, and returns when the storage has become fast', () => {
    const pace = new ReadPace();
    read(pace, 8, SLOW);
    read(pace, 512, FAST);
    expect(pace.readAhead).toBe(false);
  });

  it.each([
    [20_000, false],
    [20_000_000, true],
  ])('judges small files too: reads of 10 KB in %d ns read ahead: %s', (nanoseconds, ahead) => {
    const pace = new ReadPace();
    for (let i = 0; i < 20; i += 1) pace.measured(10_000, nanoseconds);
    expect(pace.readAhead).toBe(ahead);
  });
});
