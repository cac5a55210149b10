/** How much may be under way. */
export interface Room<T> {
  /** In the unit of the weights; it may change at any time. */
  readonly capacity: number;
  /** The weights of all that is under way. */
  load: number;
  weightOf(task: T): number;
  /** Settles when the capacity has grown. */
  grown(): Promise<unknown>;
}

/** Room for so many tasks. */
export function places<T>(capacity: number): Room<T> {
  // One for each pool: a race holds on to what it has waited for.
  const never = new Promise<never>(() => undefined);
  return { capacity, load: 0, weightOf: () => 1, grown: () => never };
}

/**
 * Runs tasks, in order, as many at a time as there is room for, and at least one. The first failure stops the rest:
 * running tasks are told through the signal, waited for, and then that failure is thrown.
 */
export async function runPool<T>(
  tasks: readonly T[],
  room: Room<T>,
  signal: AbortSignal,
  run: (task: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  const start = async (task: T, weight: number): Promise<void> => {
    room.load += weight;
    try {
      signal.throwIfAborted();
      await run(task, AbortSignal.any([signal, stop.signal]));
    } catch (error) {
      // What fails after the first was most likely only told to stop.
      failures.push(error);
      stop.abort(error);
    } finally {
      room.load -= weight;
    }
  };
  for (const task of tasks) {
    const weight = room.weightOf(task);
    while (running.size > 0 && room.load + weight > room.capacity && failures.length === 0)
      await Promise.race([...running, room.grown()]);
    if (failures.length > 0) break;
    const one = start(task, weight).finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
