import { contentRange } from './upload-range.ts';

/** A request with bytes of a blob. */
export interface Part {
  readonly from: number;
  /** The largest number of bytes. */
  readonly limit: number;
  /** Bytes, where their number is known before they are read. */
  readonly length: number | undefined;
  /** Whether it is less than the whole blob. */
  readonly isPart: boolean;
}

/**
 * @param size of the blob, where it is known
 * @param chunk the most bytes that are to go into one request
 */
export function nextPart(from: number, size: number | undefined, chunk = Infinity): Part {
  const left = size === undefined ? undefined : size - from;
  const length = left === undefined ? undefined : Math.min(left, chunk);
  const isPart = from > 0 || (chunk < Infinity && (left === undefined || left > chunk));
  return { from, limit: chunk, length, isPart };
}

/** The most bytes that a part can have. */
export function mostOf({ length, limit }: Part): number {
  return length ?? limit;
}

/** Whether all of a part was handed over. @param hasEnded whether the blob has no more bytes */
export function isWhole({ from, limit, length }: Part, position: number, hasEnded: boolean): boolean {
  return length === undefined ? hasEnded || position - from === limit : position - from === length;
}

/** Without a Content-Range where the whole blob is sent: a registry need not know of parts to take it. */
export function headersOf({ from, length, isPart }: Part): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...(length === undefined ? {} : { 'content-length': String(length) }),
    ...(length === undefined || !isPart ? {} : { 'content-range': contentRange(from, length) }),
  };
}
