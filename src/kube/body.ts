import { StowageError } from '../errors.ts';

/**
 * Reads an answer that ought to be one JSON document.
 * @param options.limit bytes; more is refused.
 * @param options.what names it in messages.
 * @throws ClusterFailed when there is more, or it is no JSON; what reading throws.
 */
export async function readJson(
  body: AsyncIterable<unknown>,
  { limit, what }: { readonly limit: number; readonly what: string },
): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit)
      throw new StowageError('ClusterFailed', `the answer about ${what} has more than ${limit} bytes`);
  }
  return parseJson(textOf(chunks), what);
}

/** @throws ClusterFailed, without the text: it may hold a secret. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new StowageError('ClusterFailed', `the answer about ${what} is no JSON`, { retryable: true });
  }
}

/**
 * Splits a stream of bytes into lines, without their ends. What follows the last end is a line as well, when there is
 * any: the reader must know whether it is whole.
 * @throws ClusterFailed when a line is longer than `limit` bytes.
 */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<string, undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      yield textOf(parts.splice(0));
      size = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > limit)
      throw new StowageError('ClusterFailed', `a line of the answer has more than ${limit} bytes`);
  }
  if (size > 0) yield textOf(parts);
}

function textOf(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('utf8');
}

const NEWLINE = 0x0a;
