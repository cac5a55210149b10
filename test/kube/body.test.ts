import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson, readLines } from '../../src/kube/body.ts';
import { rejectionOf } from '../support/thrown.ts';

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, undefined> {
  let start = 0;
  for (const size of sizes) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
    start += size;
  }
  yield bytes.subarray(start);
}

async function linesOf(text: string, sizes: readonly number[], limit = 1000): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(chunked(Buffer.from(text), sizes), limit)) lines.push(line);
  return lines;
}

describe('readLines', () => {
  it('finds the same lines however the bytes are cut', async () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(20)), async (lines, sizes) => {
        expect(await linesOf(lines.map((each) => `${each}\n`).join(''), sizes)).toEqual(lines);
      }),
    );
  });

  it('gives what follows the last end as a line', async () => {
    expect(await linesOf('one\ntwo', [])).toEqual(['one', 'two']);
  });

  it('refuses a line that never ends', async () => {
    const error = await rejectionOf(linesOf('x'.repeat(1001), Array<number>(50).fill(20)));
    expect(error.code).toBe('ClusterFailed');
  });
});

describe('readJson', () => {
  const read = (text: string, limit = 1000): Promise<unknown> =>
    readJson(chunked(Buffer.from(text), [3, 3]), { limit, what: 'pods' });

  it('reads a document', async () => {
    expect(await read('{"a":"ä"}')).toEqual({ a: 'ä' });
  });

  it.each([
    ['{"a":"ä"}', 5],
    ['{"token":"hunter2"', 1000],
    ['', 1000],
  ])('refuses %j with at most %i bytes, without showing it', async (text, limit) => {
    const error = await rejectionOf(read(text, limit));
    expect(error.code).toBe('ClusterFailed');
    expect(error.message).not.toContain('hunter2');
  });
});
