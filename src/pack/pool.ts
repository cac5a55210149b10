/**
 * Runs tasks with at most `limit` at a time, in order. The first failure stops the rest: running tasks are told
 * through the signal, waited for, and then that failure is thrown.
 */
export async function runPool<T>(
  tasks: readonly T[],
  limit: number,
  signal: AbortSignal,
  run: (task: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const queue = tasks.values();
  const worker = async (): Promise<void> => {
    for (const task of queue) {
      try {
        signal.throwIfAborted();
        await run(task, AbortSignal.any([signal, stop.signal]));
      } catch (error) {
        // What fails after the first was most likely only told to stop.
        failures.push(error);
        stop.abort(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, tasks.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
