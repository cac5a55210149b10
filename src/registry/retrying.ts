import { setTimeout as delay } from 'node:timers/promises';
import { asStowageError, StowageError } from '../errors.ts';
import { isWorthRetrying, TriesExhausted, waitBefore, type RetryPolicy } from './retry.ts';

/** What a retry depends on besides the error. */
export interface Retries extends RetryHooks {
  readonly policy: RetryPolicy;
  /** Whether the server has answered anything yet. */
  readonly answered: boolean;
}

/** Who follows the tries of something. */
export interface RetryHooks {
  /** Whether it has got further since this was asked last: then the failures begin to be counted anew. */
  readonly progressed?: () => boolean;
  /** Called with each failure that is followed by another try. */
  readonly onTrouble?: ((error: StowageError) => void) | undefined;
}

/** Who got further need not wait until a server has been restarted; it only must not be hammered. Milliseconds. */
const AFTER_PROGRESS_MS = 100;

/**
 * Does something until it succeeds, cannot succeed, or was tried often enough without getting further.
 * @param operation gets the number of the try, from 1.
 */
export async function retrying<T>(
  retries: Retries,
  signal: AbortSignal,
  operation: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1, failures = 1; ; attempt++, failures++) {
    try {
      return await operation(attempt);
    } catch (error) {
      if (signal.aborted) throw asStowageError(signal.reason);
      if (!(error instanceof StowageError) || !isWorthRetrying(error, retries.answered)) throw error;
      const further = retries.progressed?.() === true;
      if (further) failures = 1;
      const policy = further ? brief(retries.policy) : retries.policy;
      const wait = waitBefore(failures, error.retryAfter, policy, Math.random());
      if (wait === undefined) throw attempt === 1 ? error : new TriesExhausted(error, attempt);
      retries.onTrouble?.(error);
      await sleep(wait, signal);
    }
  }
}

function brief(policy: RetryPolicy): RetryPolicy {
  return { ...policy, firstDelay: Math.min(policy.firstDelay, AFTER_PROGRESS_MS) };
}

/** @throws what the signal is aborted with */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    throw asStowageError(signal.reason);
  }
}
