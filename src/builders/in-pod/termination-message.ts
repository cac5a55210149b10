import type { StowageError } from '../../errors.ts';
import type { Report } from '../../pack/report.ts';
import type { Checked } from '../../pack/check-to.ts';

/** The kubelet cuts longer messages, and what is cut is no JSON any more (KEP and API reference, "terminationMessagePath"). */
export const MAX_MESSAGE_BYTES = 4096;

/** What a container of ours says at its end: one of them. */
type TerminationMessage =
  | { readonly summary: Pick<Report, 'image' | 'digest' | 'size' | 'bytes' | 'model' | 'record' | 'seconds'> }
  | { readonly checked: Checked }
  | { readonly error: Pick<StowageError, 'code' | 'message' | 'hint' | 'retryable' | 'retryAfter'> };

/** The message of a build that made an image. Of what the model says of itself long texts are cut, if need be. */
export function successMessage(report: Report): string {
  const { image, digest, size, bytes, model, record, seconds } = report;
  return fit((limit) => ({
    summary: {
      ...{ image, digest, size, bytes, model: cutValues(model, limit), seconds },
      ...(record === undefined ? {} : { record }),
    },
  }));
}

/** The message of a check that found nothing wrong. */
export function checkedMessage({ image, bytes, model }: Checked): string {
  return fit((limit) => ({ checked: { image, bytes, model: cutValues(model, limit) } }));
}

/** The message of a build that failed. A message or hint that is too long is cut. */
export function failureMessage({ code, message, hint, retryable, retryAfter }: StowageError): string {
  return fit((limit) => ({
    error: { code, message: cut(message, limit), hint: hint && cut(hint, limit), retryable, retryAfter },
  }));
}

/**
 * The longest JSON that fits. Found by trying: how many bytes a character takes depends on what JSON and UTF-8 make of
 * it.
 * @param make the message with its texts cut to so many characters
 */
function fit(make: (limit: number) => TerminationMessage): string {
  const bytesAt = (limit: number): number => Buffer.byteLength(JSON.stringify(make(limit)));
  let [fits, tooLong] = [0, MAX_MESSAGE_BYTES + 1];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (bytesAt(middle) <= MAX_MESSAGE_BYTES) fits = middle;
    else tooLong = middle;
  }
  return JSON.stringify(make(fits));
}

/** At most so many characters; what is left out shows as `…`. */
function cut(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return limit < 1 ? '' : `${characters.slice(0, limit - 1).join('')}…`;
}

function cutValues<T extends object>(value: T, limit: number): T {
  const entries = Object.entries(value).map(([key, each]: [string, unknown]) => {
    return [key, typeof each === 'string' ? cut(each, limit) : each] as const;
  });
  return Object.fromEntries(entries) as T;
}
