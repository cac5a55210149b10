import type { StowageError } from '../errors.ts';
import { backoffDelay, type Backoff } from './backoff.ts';
import { KubeError } from './kube-error.ts';

/** Milliseconds. */
export interface ReflectorTimes {
  /**
   * A watch in which nothing is heard for so long is dead: the other end of a connection can vanish without a word, and
   * nothing is ever sent on a watch that would find it out. API servers send a bookmark a minute.
   */
  readonly inactivity: number;
  /** A watch that stood for so long was a good one: its end is no reason to be more patient than after the first. */
  readonly settled: number;
  readonly backoff: Backoff;
  /** The server ends a watch after this or up to twice as long, so that not all clients come back at once. */
  readonly watch: number;
}

export const REFLECTOR_TIMES: ReflectorTimes = {
  inactivity: 130_000,
  settled: 1_000,
  backoff: { first: 500, max: 30_000 },
  watch: 300_000,
};

/** After so many troubles in a row the version itself is suspected. */
const MAX_TRIES_FROM_A_VERSION = 5;

/**
 * What to do after a list or a watch has failed.
 * Silence is listed after as well: an API server whose etcd was restored from a backup, and which has not come to our
 * version yet, says nothing at all on a watch that begins there, for ever (Kubernetes 1.37, seen).
 * @param failures in a row, this one included.
 * @returns whether to list again, or else to go on from the last version seen; and the milliseconds to wait before.
 */
export function afterTrouble(
  error: StowageError,
  failures: number,
  { backoff }: ReflectorTimes,
  random: number,
): { readonly list: boolean; readonly wait: number } {
  const wait = Math.max(backoffDelay(backoff, failures, random), error.retryAfter ?? 0);
  const list = refusesVersion(error) || error.code === 'Timeout' || failures % MAX_TRIES_FROM_A_VERSION === 0;
  return { list, wait };
}

/** A server under load or in trouble says 429 or 5xx; any other no, 410 above all, is about what it was asked. */
function refusesVersion(error: StowageError): boolean {
  return error instanceof KubeError && error.status !== 429 && error.status < 500;
}

/** How long a watch is asked to last. */
export function watchSeconds({ watch }: ReflectorTimes, random: number): number {
  return Math.ceil((watch * (1 + random)) / 1000);
}
