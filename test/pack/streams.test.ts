import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SendRoom } from '../../src/pack/send-room.ts';
import {
  afterTrouble,
  afterWindow,
  AT_FIRST,
  FULL_BYTES,
  takes,
  type Streams,
} from '../../src/pack/streams.ts';

const MIB = 1024 ** 2;

type Event = number | 'trouble' | { readonly wait: number };

/** How many full layers may be sent after windows with these rates, in MB/s; 'trouble' in between. */
function limits(...events: readonly Event[]): number[] {
  let now = 0;
  let streams: Streams = AT_FIRST;
  return events.map((event) => {
    now += 150;
    if (event === 'trouble') streams = afterTrouble(streams, now);
    else if (typeof event === 'object') now += event.wait;
    else streams = afterWindow(streams, event * 1e6, now);
    return streams.budget / FULL_BYTES;
  });
}

describe('how much is sent at a time', () => {
  it.each<[string, readonly Event[], number[]]>([
    ['more while that brings more', [100, 200, 300, 400, 500], [4, 6, 6, 6, 6]],
    ['no more once it does not', [100, 105, 107, 109], [4, 4, 4, 4]],
    ['no more where it brings less', [100, 50, 60], [4, 4, 4]],
    ['half after trouble', [100, 200, 300, 'trouble'], [4, 6, 6, 3]],
    ['half once, where several meet it', [100, 200, 300, 'trouble', 'trouble'], [4, 6, 6, 3, 3]],
    ['not more soon after trouble', [100, 'trouble', 500, 900], [4, 2, 2, 2]],
    ['more later', [100, 'trouble', { wait: 10_000 }, 100, 200], [4, 2, 2, 4, 6]],
    ['one at least', ['trouble', { wait: 6_000 }, 'trouble', { wait: 6_000 }, 'trouble'], [1, 1, 1, 1, 1]],
  ])('is %s', (_, events, expected) => {
    expect(limits(...events)).toEqual(expected);
  });

  it('is between one full layer and six, whatever happens', () => {
    const event = fc.oneof(
      fc.constant('trouble' as const),
      fc.nat(10_000),
      fc.record({ wait: fc.nat(20_000) }),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        for (const limit of limits(...events)) {
          expect(limit).toBeGreaterThanOrEqual(1);
          expect(limit).toBeLessThanOrEqual(6);
        }
      }),
    );
  });

  it('is no more of a large layer than fills a stream, and of small ones four times as many', () => {
    expect([0, 1000, 4 * MIB, 8 * MIB, 16 * MIB, 16 * 1024 * MIB].map(takes)).toEqual(
      [4, 4, 4, 8, 16, 16].map((each) => each * MIB),
    );
  });

  it('follows the bytes of a build, and says when there is room for more', async () => {
    let now = 0;
    const room = new SendRoom(() => now);
    expect(room.capacity).toBe(2 * FULL_BYTES);
    room.load = 2 * FULL_BYTES;
    const grown = room.grown();
    room.sent(1000);
    now = 160;
    room.sent(1000);
    await grown;
    expect(room.capacity).toBe(4 * FULL_BYTES);
    room.trouble();
    expect(room.capacity).toBe(2 * FULL_BYTES);
  });

  it('is not raised by one layer that has room beside it', () => {
    let now = 0;
    const room = new SendRoom(() => now);
    room.load = FULL_BYTES;
    for (; now < 1000; now += 160) room.sent(1000);
    expect(room.capacity).toBe(2 * FULL_BYTES);
  });
});
