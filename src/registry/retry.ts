import { StowageError, systemCode } from '../errors.ts';

/** How often and how patiently something is tried again. Times are milliseconds. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Wait after the first failure; it doubles each time. */
  readonly firstDelay: number;
  readonly maxDelay: number;
  /** The longest wait that a server may ask for; above it, failing at once serves the user better. */
  readonly maxRetryAfter: number;
}

/** 1 + 2 + 4 + 8 + 16 seconds: long enough for a registry's pod to be restarted during an upload. */
export const RETRY_POLICY: RetryPolicy = {
  attempts: 6,
  firstDelay: 1_000,
  maxDelay: 30_000,
  maxRetryAfter: 120_000,
};

/** 499 and 522 come from proxies that lost patience with the registry, or the registry with them. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 499, 500, 502, 503, 504, 522]);

/** Whether the same request may get another answer later. 401, 403, 404, 413 and their like never will. */
export function isPassingStatus(status: number): boolean {
  return PASSING_STATUSES.has(status);
}

/** What connecting says about a host that is wrongly spelled or not there, and of one that is being restarted. */
const NO_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Whether to try again now. A host that never answered is most likely wrong, and its user should hear so at once;
 * one that answered before is most likely being restarted.
 */
export function isWorthRetrying(error: unknown, answeredBefore: boolean): boolean {
  if (!(error instanceof StowageError) || error instanceof TriesExhausted || !error.retryable) return false;
  return answeredBefore || !NO_CONNECTION.has(systemCode(error.cause) ?? '');
}

/**
 * Milliseconds to wait before the next try; undefined when there must be none.
 * @param failures how often it has failed, from 1.
 * @param retryAfter what the server asked for, in milliseconds: at least so long is waited.
 * @param random in [0, 1): spreads clients that failed together over half the wait.
 */
export function waitBefore(
  failures: number,
  retryAfter: number | undefined,
  policy: RetryPolicy,
  random: number,
): number | undefined {
  if (failures >= policy.attempts) return undefined;
  if (retryAfter !== undefined && retryAfter > policy.maxRetryAfter) return undefined;
  const delay = Math.min(policy.firstDelay * 2 ** (failures - 1), policy.maxDelay);
  return Math.max(delay * (0.5 + random / 2), retryAfter ?? 0);
}

/**
 * A Retry-After header in milliseconds from `now` (milliseconds since 1970): seconds or an HTTP date (RFC 9110
 * section 10.2.3). Undefined when it is neither.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  // Date.parse reads much that is no HTTP date, "-1" for example; all three forms of a date begin with a day's name.
  const date = /^\s*[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The last error of something that was tried as often as allowed: whoever is around it does not begin again. */
export class TriesExhausted extends StowageError {
  constructor(last: StowageError, tries: number) {
    super(last.code, `${last.message} (tried ${tries} times)`, {
      ...(last.hint === undefined ? {} : { hint: last.hint }),
      ...(last.retryAfter === undefined ? {} : { retryAfter: last.retryAfter }),
      retryable: last.retryable,
      cause: last,
    });
  }
}
