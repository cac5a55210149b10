import { StowageError, type ErrorCode } from '../errors.ts';

/** A thing that a kubelet, a driver or an operating system says, and what it means. */
export interface Saying {
  readonly says: RegExp;
  readonly code: ErrorCode;
  /** In a sentence; the words themselves follow. They seldom say which path. */
  readonly means: string;
  readonly hint?: string;
  /** Default: true. What is not there or not allowed on the node will not be for waiting. */
  readonly retryable?: false;
}

/** What a failure of reading means to those who know the sayings: a server that is gone, say. */
export function asMeant(error: StowageError, sayings: readonly Saying[]): StowageError {
  if (error.code !== 'SourceUnreadable') return error;
  return meaningOf(error.message, sayings) ?? error;
}

/** What a text means to those who know the sayings; undefined: none of them fits. */
export function meaningOf(text: string, sayings: readonly Saying[]): StowageError | undefined {
  const saying = sayings.find(({ says }) => says.test(text));
  if (saying === undefined) return undefined;
  const { code, means, hint, retryable } = saying;
  return new StowageError(code, `${means}: ${text}`, {
    ...(hint === undefined ? {} : { hint }),
    retryable: retryable ?? true,
  });
}
