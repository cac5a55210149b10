import { describe, expect, it } from 'vitest';
import { places, runPool, type Room } from '../../src/pack/pool.ts';

const never = new AbortController().signal;

/** Tasks that end when they are told to, and which of them run. */
function tasks(count: number) {
  const ends = Array.from({ length: count }, () => Promise.withResolvers<undefined>());
  const running = new Set<number>();
  const signals: AbortSignal[] = [];
  const run = async (task: number, signal: AbortSignal): Promise<void> => {
    running.add(task);
    signals.push(signal);
    try {
      await ends[task]?.promise;
    } finally {
      running.delete(task);
    }
  };
  const numbers = Array.from({ length: count }, (_, number) => number);
  return { ends, running, signals, run, numbers };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a pool', () => {
  it('runs as many as there are places for, in order', async () => {
    const { ends, running, run, numbers } = tasks(4);
    const done = runPool(numbers, places(2), never, run);
    await settled();
    expect([...running]).toEqual([0, 1]);
    ends[1]?.resolve(undefined);
    await settled();
    expect([...running]).toEqual([0, 2]);
    for (const end of ends) end.resolve(undefined);
    await done;
  });

  it('runs more as soon as there is more room, and always one', async () => {
    const { ends, running, run, numbers } = tasks(4);
    let grown = Promise.withResolvers<undefined>();
    const room = {
      capacity: 0.5,
      load: 0,
      weightOf: () => 1,
      grown: () => grown.promise,
    } satisfies Room<number>;
    const done = runPool(numbers, room, never, run);
    await settled();
    expect([...running]).toEqual([0]);
    room.capacity = 3;
    const before = grown;
    grown = Promise.withResolvers();
    before.resolve(undefined);
    await settled();
    expect([...running]).toEqual([0, 1, 2]);
    for (const end of ends) end.resolve(undefined);
    await done;
  });

  it('tells the others to stop where one fails, waits for them, and throws what it threw', async () => {
    const { ends, running, signals, run, numbers } = tasks(4);
    const failed = runPool(numbers, places(3), never, run).catch((error: unknown) => error);
    await settled();
    ends[1]?.reject(new Error('no'));
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    ends[0]?.reject(new Error('told to'));
    ends[2]?.resolve(undefined);
    expect(await failed).toMatchObject({ message: 'no' });
    expect(running.size).toBe(0);
    expect(signals).toHaveLength(3);
  });

  it('begins nothing when it was told to stop before', async () => {
    const { signals, run, numbers } = tasks(2);
    const reason = new Error('enough');
    await expect(runPool(numbers, places(1), AbortSignal.abort(reason), run)).rejects.toBe(reason);
    expect(signals).toEqual([]);
  });
});
