import { setTimeout as delay } from 'node:timers/promises';
import { asStowageError, StowageError } from '../errors.ts';
import { isWorthRetrying, TriesExhausted, waitBefore, type RetryPolicy } from './retry.ts';

/** What a retry depends on besides the error. */
export interface Retries {
  readonly policy: RetryPolicy;
  /** Whether the server has answered anything yet. */
  readonly answered: boolean;
}

/**
 * Does something until it succeeds, cannot succeed, or was tried often enough.
 * @param operation gets the number of the try, from 1.
 */
export async function retrying<T>(
  retries: Retries,
  signal: AbortSignal,
  operation: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation(attempt);
    } catch (error) {
      if (signal.aborted) throw asStowageError(signal.reason);
      if (!(error instanceof StowageError) || !isWorthRetrying(error, retries.answered)) throw error;
      const wait = waitBefore(attempt, error.retryAfter, retries.policy, Math.random());
      if (wait === undefined) throw attempt === 1 ? error : new TriesExhausted(error, attempt);
      await sleep(wait, signal);
    }
  }
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    throw asStowageError(signal.reason);
  }
}
