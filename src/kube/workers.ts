import { asStowageError, type StowageError } from '../errors.ts';
import type { WorkQueue } from './work-queue.ts';

/** Brings one object from what it is to what it should be, or a step nearer. */
export type Reconcile = (key: string) => Promise<Requeue | undefined>;

/** Look at it again, though nothing may have happened: a deadline, say. */
export interface Requeue {
  /** Milliseconds. */
  readonly after: number;
}

export interface WorkersOptions {
  /** How many keys are worked on at once. */
  readonly count: number;
  readonly reconcile: Reconcile;
  /** Called when a key failed; `wait` is the milliseconds until it is tried again. */
  readonly onFailure: (key: string, error: StowageError, wait: number) => void;
}

/**
 * Works on a queue until told to stop, then until the keys in hand are done; what else waits is dropped.
 * A reconcile that throws is tried again later and later, at the earliest when the error says so.
 */
export async function runWorkers(
  queue: WorkQueue,
  options: WorkersOptions,
  stop: AbortSignal,
): Promise<void> {
  const close = (): void => queue.close();
  stop.addEventListener('abort', close, { once: true });
  if (stop.aborted) close();
  try {
    await Promise.all(Array.from({ length: options.count }, () => work(queue, options)));
  } finally {
    stop.removeEventListener('abort', close);
  }
}

async function work(queue: WorkQueue, options: WorkersOptions): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      await reconcileOne(queue, key, options);
    } finally {
      queue.done(key);
    }
  }
}

async function reconcileOne(
  queue: WorkQueue,
  key: string,
  { reconcile, onFailure }: WorkersOptions,
): Promise<void> {
  try {
    const requeue = await reconcile(key);
    queue.forget(key);
    if (requeue !== undefined) queue.addAfter(key, requeue.after);
  } catch (thrown) {
    const error = asStowageError(thrown);
    onFailure(key, error, queue.addFailed(key, error.retryAfter));
  }
}
