import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHead } from '../../src/registry/response-head.ts';

const head = (...lines: string[]): string => lines.join('\r\n');

describe('the head of an answer', () => {
  it('is read', () => {
    const found = parseHead(
      head('HTTP/1.1 206 Partial Content', 'Content-Length: 12', 'X-A:1', 'x-a: 2 ', 'ETag:\t"é"'),
    );
    expect(found).toMatchObject({ status: 206, length: 12, keepsAlive: true });
    expect(Object.fromEntries(found?.headers ?? [])).toEqual({
      'content-length': '12',
      'x-a': '1, 2',
      etag: '"é"',
    });
  });

  it.each([['close'], ['Close'], ['keep-alive, close']])(
    'says when the connection ends: %s',
    (connection) => {
      const found = parseHead(head('HTTP/1.1 200', 'content-length: 0', `Connection: ${connection}`));
      expect(found).toMatchObject({ status: 200, length: 0, keepsAlive: false });
    },
  );

  it.each<[string, string]>([
    ['another protocol', head('ICY 200 OK', 'content-length: 1')],
    ['HTTP/1.0, which ends where the connection does', head('HTTP/1.0 200 OK', 'content-length: 1')],
    ['an answer before the answer', head('HTTP/1.1 103 Early Hints', 'content-length: 1')],
    ['no length', head('HTTP/1.1 200 OK', 'etag: x')],
    ['chunks', head('HTTP/1.1 200 OK', 'transfer-encoding: chunked')],
    ['chunks and a length', head('HTTP/1.1 200 OK', 'content-length: 1', 'Transfer-Encoding: chunked')],
    ['two lengths', head('HTTP/1.1 200 OK', 'content-length: 1', 'content-length: 2')],
    ['a length that is none', head('HTTP/1.1 200 OK', 'content-length: 0x10')],
    ['a negative length', head('HTTP/1.1 200 OK', 'content-length: -1')],
    ['compressed bytes', head('HTTP/1.1 200 OK', 'content-length: 1', 'content-encoding: gzip')],
    ['a folded line', head('HTTP/1.1 200 OK', 'content-length: 1', ' folded')],
    ['a space in front of the colon', head('HTTP/1.1 200 OK', 'content-length : 1')],
    ['a control character', head('HTTP/1.1 200 OK', 'content-length: 1', 'x: \u0000')],
    ['a lone line feed', head('HTTP/1.1 200 OK\ncontent-length: 5', 'content-length: 1')],
    ['nothing', ''],
  ])('is left to others with %s', (_, text) => {
    expect(parseHead(text)).toBeUndefined();
  });

  it('takes no longer for what is made to take long', () => {
    const line = `x:${' \t'.repeat(8_000)}\u0001`;
    for (let round = 0; round < 100; round++)
      expect(parseHead(head('HTTP/1.1 200 OK', 'content-length: 1', line))).toBeUndefined();
  });

  it('never throws, and never has another length than the one that is written', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.constantFrom(
        'HTTP/1.1 200 OK',
        'content-length: 7',
        'transfer-encoding: chunked',
        'connection: close',
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const found = parseHead(head('HTTP/1.1 200 OK', ...lines));
        if (found !== undefined) expect(found.headers.get('content-length')).toBe(String(found.length));
      }),
    );
  });
});
