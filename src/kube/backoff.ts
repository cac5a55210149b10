/** How patiently something that failed is tried again. Milliseconds. */
export interface Backoff {
  /** Wait after the first failure; it doubles with each further one. */
  readonly first: number;
  readonly max: number;
}

/**
 * Milliseconds to wait before the next try.
 * @param failures how often it has failed in a row, from 1.
 * @param random in [0, 1): spreads those that failed together over half of the wait.
 */
export function backoffDelay({ first, max }: Backoff, failures: number, random: number): number {
  // Past 2^30 the cap has long been reached, and a power that is Infinity times a first of 0 would be NaN.
  const delay = Math.min(first * 2 ** Math.min(failures - 1, 30), max);
  return delay * (0.5 + random / 2);
}
