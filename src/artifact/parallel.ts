import { asStowageError } from '../errors.ts';

/** @throws Cancelled, or the StowageError that the caller aborted with */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw asStowageError(signal.reason);
}

/**
 * Files that are looked at at a time. More win little on a disk and, on a file server, are asked for by the read itself. It also bounds
 * the memory that headers can take at once (see MAX_HEADER_BYTES in safetensors.ts).
 */
const WIDTH = 4;

/**
 * Does `work` for every item, some at a time, and returns the results in the items' order.
 * After a failure nothing new begins, and of several failures the earliest item's is thrown: since items begin in
 * order, a source with two bad files is always refused for the same one.
 * @throws Cancelled, and what `work` throws
 */
export async function inParallel<T, R>(
  items: readonly T[],
  signal: AbortSignal | undefined,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const failures = new Map<number, unknown>();
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      try {
        throwIfAborted(signal);
        results.set(index, await work(item));
      } catch (error) {
        failures.set(index, error);
      }
      if (failures.size > 0) return;
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  if (failures.size > 0) throw asStowageError(failures.get(Math.min(...failures.keys())));
  return Array.from(items.keys(), (index) => results.get(index) as R);
}
