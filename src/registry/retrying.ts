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

/** The tries of one thing: what was tried, how often in vain, and whether there is another try. */
export class Tries {
  readonly #retries: Retries;
  readonly #signal: AbortSignal;
  #tried = 0;
  #failures = 0;

  constructor(retries: Retries, signal: AbortSignal) {
    this.#retries = retries;
    this.#signal = signal;
  }

  /** To be called when a try has failed: waits until the next one is due. @throws when there is none */
  async failed(error: unknown): Promise<void> {
    const { policy, answered, progressed, onTrouble } = this.#retries;
    if (this.#signal.aborted) throw asStowageError(this.#signal.reason);
    if (!(error instanceof StowageError) || !isWorthRetrying(error, answered)) throw error;
    this.#tried += 1;
    const further = progressed?.() === true;
    this.#failures = further ? 1 : this.#failures + 1;
    const wait = waitBefore(
      this.#failures,
      error.retryAfter,
      further ? brief(policy) : policy,
      Math.random(),
    );
    if (wait === undefined) throw this.#tried === 1 ? error : new TriesExhausted(error, this.#tried);
    onTrouble?.(error);
    await sleep(wait, this.#signal);
  }
}

/**
 * Does something until it succeeds, cannot succeed, or was tried often enough without getting further.
 * @param operation gets the number of the try, from 1.
 */
export async function retrying<T>(
  retries: Retries,
  signal: AbortSignal,
  operation: (attempt: number) => Promise<T>,
): Promise<T> {
  const tries = new Tries(retries, signal);
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation(attempt);
    } catch (error) {
      await tries.failed(error);
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
