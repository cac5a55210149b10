import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonReader } from '../../src/artifact/json-reader.ts';

/** Takes the whole document, by skipping it. */
function skipAll(text: string): void {
  const json = new JsonReader(Buffer.from(text));
  json.skip();
  json.end();
}

describe('JsonReader', () => {
  it('reads what JSON.stringify writes, in any layout', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '"', '\\', '/', '\n', '\u0000', '\u007f', 'é', '模', '😀'),
    });
    const strings = fc.dictionary(text, text);
    fc.assert(
      fc.property(strings, fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
        const found: [string, string][] = [];
        const json = new JsonReader(Buffer.from(JSON.stringify(value, null, indent)));
        json.object((key) => found.push([key, json.string()]));
        json.end();
        expect(found).toEqual(Object.entries(value));
      }),
    );
  });

  it('skips any JSON value', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        skipAll(text);
        skipAll(`  [${text}, {"x" : ${text}}]\r\n`);
      }),
    );
  });

  it('ends at any bytes with a value or a SyntaxError', () => {
    const almost = fc
      .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 }))
      .map(
        ([text, at, part]) =>
          text.slice(0, at % (text.length + 1)) + part + text.slice((at + 1) % (text.length + 1)),
      );
    fc.assert(
      fc.property(almost, (text) => {
        try {
          skipAll(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['0', 0],
    ['7', 7],
    ['1024', 1024],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads the whole number %s', (text, value) => {
    const json = new JsonReader(Buffer.from(` ${text} `));
    expect(json.integer()).toBe(value);
    json.end();
  });

  it.each([
    '',
    '-1',
    '01',
    '1.5',
    '1e3',
    '9007199254740992',
    '99999999999999999999999',
    '"1"',
    'null',
    '1x',
    '[]',
  ])('takes %j for no whole number', (text) => {
    const json = new JsonReader(Buffer.from(text));
    expect(() => {
      json.integer();
      json.end();
    }).toThrow(SyntaxError);
  });

  it.each([
    ['', 'no value'],
    ['{', 'no "\\""'],
    ['{"a"}', 'no ":"'],
    ['{"a":1', 'no "}"'],
    ['{"a":1,}', 'no "\\""'],
    ['[1 2]', 'no "]"'],
    ['"abc', 'does not end'],
    ['"a\nb"', 'does not end'],
    ['"a\\', 'does not end'],
    ['{} x', 'after its end'],
    ['{"\\q":1}', 'after'],
    ['['.repeat(65), 'too deeply'],
    ['{"a":'.repeat(65), 'too deeply'],
  ])('refuses %j', (text, why) => {
    if (text === '{"\\q":1}')
      expect(() => new JsonReader(Buffer.from(text)).object(() => undefined)).toThrow('wrong escape');
    else expect(() => skipAll(text)).toThrow(why);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => new JsonReader(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not UTF-8');
  });
});
