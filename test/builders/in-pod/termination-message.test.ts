import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../../src/builders/read-message.ts';
import { failureMessage, successMessage } from '../../../src/builders/in-pod/termination-message.ts';
import { ERROR_CODES, StowageError, type ErrorCode } from '../../../src/errors.ts';
import { report } from '../support.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];
/** ASCII, text of several bytes a character, halves of characters, and what JSON escapes. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6000 }),
  fc.string({ unit: 'grapheme', maxLength: 6000 }),
  fc.string({ unit: fc.constantFrom('\0', '\ud83d', '\udc99', '"', '\\', '💙', 'é'), maxLength: 6000 }),
);

function errorIn(message: string): StowageError | undefined {
  const read = readMessage(message);
  return read !== undefined && 'error' in read ? read.error : undefined;
}

const bytesOf = (message: string): number => Buffer.byteLength(message);

describe('a termination message', () => {
  it('of an error is short enough, and is read as it was', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CODES),
        anyText,
        fc.option(anyText, { nil: undefined }),
        fc.boolean(),
        (code, text, hint, retryable) => {
          const error = new StowageError(code, text, { retryable, ...(hint === undefined ? {} : { hint }) });
          const message = failureMessage(error);
          expect(bytesOf(message)).toBeLessThanOrEqual(4096);
          const read = errorIn(message);
          expect(read).toMatchObject({ code, retryable });
          expect(read?.hint === undefined).toBe(hint === undefined);
        },
      ),
    );
  });

  it('of an image is short enough whatever the model says of itself', () => {
    fc.assert(
      fc.property(anyText, anyText, (architecture, quantization) => {
        const long = { ...report, model: { ...report.model, architecture, quantization } };
        const message = successMessage(long);
        expect(bytesOf(message)).toBeLessThanOrEqual(4096);
        const read = readMessage(message);
        expect(read).toMatchObject({ summary: { image: report.image, digest: report.digest } });
      }),
    );
  });

  it('loses nothing where it need not', () => {
    const error = new StowageError('TagExists', 'it is taken', { hint: 'take another' });
    expect(JSON.parse(failureMessage(error))).toEqual({
      error: { code: 'TagExists', message: 'it is taken', hint: 'take another', retryable: false },
    });
    const { image, digest, size, bytes, model, seconds } = report;
    expect(readMessage(successMessage(report))).toEqual({
      summary: { image, digest, size, bytes, model, seconds },
    });
  });

  it('is filled with as much of a long text as there is room for', () => {
    const message = failureMessage(new StowageError('Internal', 'é'.repeat(5000)));
    expect(bytesOf(message)).toBeGreaterThan(4090);
    expect(message).toContain('é…"');
  });
});

describe('what is no message of a builder', () => {
  it.each([
    ['nothing', ''],
    ['a log', '{"event":"planned","layers":1,"bytes":1}\n{"event":"pro'],
    ['another document', '{"summary":{}}'],
    ['a list', '[]'],
    ['a code that is none', '{"error":{"code":"constructor","message":"a","retryable":true}}'],
    ['a message that is no text', '{"error":{"code":"Internal","message":5,"retryable":true}}'],
    ['no digest', successMessage(report).replaceAll('sha256:', 'sha1:')],
    ['a size below zero', successMessage({ ...report, size: -1 })],
    ['a size that is not whole', successMessage({ ...report, size: 1.5 })],
    ['more than a builder may say', failureMessage(new StowageError('Internal', 'a')).padEnd(4097)],
  ])('is not believed: %s', (_, text) => {
    expect(readMessage(text)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(anyText, fc.json()), (text) => void readMessage(text)));
  });

  it('has its secrets removed', () => {
    const message =
      '{"error":{"code":"Internal","message":"https://ann:pw@r.example.com","retryable":false}}';
    expect(JSON.stringify(readMessage(message))).not.toContain('pw');
    expect(errorIn(message)?.message).toBe('https://r.example.com');
  });
});
