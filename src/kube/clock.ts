/** Time, for whatever waits or measures. A test gives one that it moves itself. */
export interface Clock {
  /** Milliseconds that only ever grow and that nobody can set: for measuring and for deadlines. */
  monotonic(): number;
  /** The date, which people and time servers may set: only for showing and for telling others. */
  date(): Date;
  /** Calls back once, after so many milliseconds. @returns what takes the call back. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The longest a timer of Node.js can wait, some 24 days; it takes more for nothing at all and fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const SYSTEM_CLOCK: Clock = {
  monotonic: () => performance.now(),
  date: () => new Date(),
  after(milliseconds, call) {
    const timer = setTimeout(call, Math.min(milliseconds, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Waits. Rejects with the signal's reason when that comes first. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Does something under a signal that is aborted with `expired()` after so many milliseconds, or with the reason of
 * `parent` when that is aborted. (AbortSignal.any with AbortSignal.timeout says the same, but knows no other clock.)
 */
export async function within<T>(
  deadline: { readonly clock: Clock; readonly milliseconds: number; readonly expired: () => Error },
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) abort();
  parent?.addEventListener('abort', abort, { once: true });
  const cancel = deadline.clock.after(deadline.milliseconds, () => controller.abort(deadline.expired()));
  try {
    return await work(controller.signal);
  } finally {
    cancel();
    parent?.removeEventListener('abort', abort);
  }
}
