import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clashesOf, nameWarnings, pathOf, quote, quoteBytes, quoteSome } from '../../src/artifact/names.ts';
import { StowageError } from '../../src/errors.ts';

describe('pathOf', () => {
  it.each([
    ['model.safetensors'],
    ['a b'],
    ['模型.bin'],
    ['..data'],
    ['.gitattributes'],
    ['back\\slash'],
    ['-rf'],
    ['x'.repeat(255)],
    ['.whatever'],
  ])('accepts %j', (name) => {
    expect(pathOf('', Buffer.from(name))).toBe(name);
    expect(pathOf('dir/sub', Buffer.from(name))).toBe(`dir/sub/${name}`);
  });

  it.each([
    ['a newline', Buffer.from('a\nb'), 'control character', '"a\\nb"'],
    ['an escape sequence', Buffer.from('\u001b[2J'), 'control character', '"\\u001b[2J"'],
    ['a C1 control', Buffer.from('a\u009bb'), 'control character', '"a\\u009bb"'],
    ['DEL', Buffer.from('a\u007f'), 'control character', '"a\\u007f"'],
    ['Latin-1', Buffer.from('mod\xe8le.bin', 'latin1'), 'not UTF-8', '"mod\\xe8le.bin"'],
    ['half a surrogate pair', Buffer.from([0xed, 0xa0, 0x80]), 'not UTF-8', '"\\xed\\xa0\\x80"'],
    ['a whiteout', Buffer.from('.wh.weights'), 'deletion', '".wh.weights"'],
    ['an opaque whiteout', Buffer.from('.wh..wh..opq'), 'deletion', '".wh..wh..opq"'],
    ['256 bytes', Buffer.from('x'.repeat(256)), 'longer than 255 bytes', 'xxx'],
    ['86 characters of 3 bytes', Buffer.from('型'.repeat(86)), 'longer than 255 bytes', '型'],
  ])('refuses %s and shows it safely', (_, name, why, shown) => {
    expect(() => pathOf('some/dir', name)).toThrow(why);
    expect(() => pathOf('some/dir', name)).toThrow(shown);
    expect(() => pathOf('some/dir', name)).toThrow('"some/dir"');
    expect(() => pathOf('', name)).toThrow('in the source');
  });

  it('refuses a path that could not be opened where it is mounted', () => {
    const directory = 'd/'.repeat(1990).slice(0, -1);
    expect(pathOf(directory, Buffer.from('x'.repeat(20)))).toHaveLength(4000);
    expect(() => pathOf(directory, Buffer.from('x'.repeat(21)))).toThrow('more than 4000 bytes');
  });

  it('keeps the bytes of every name that it accepts, and refuses the others with FileRefused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const name = Buffer.from(bytes);
        try {
          expect(Buffer.from(pathOf('', name)).equals(name)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'FileRefused' });
          expect(error).toBeInstanceOf(StowageError);
          expect((error as StowageError).message).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});

describe('quoting', () => {
  it.each([
    ['plain', '"plain"'],
    ['a "b"', '"a \\"b\\""'],
    ['\u202egpj.exe', '"\\u202egpj.exe"'],
    ['line\u2028separator', '"line\\u2028separator"'],
  ])('shows %j as %s', (name, shown) => {
    expect(quote(name)).toBe(shown);
    expect(quoteBytes(Buffer.from(name))).toBe(shown);
  });

  it('shows a few names and counts the rest', () => {
    expect(quoteSome(['a', 'b', 'c'])).toBe('"a", "b", "c"');
    expect(quoteSome(['a', 'b', 'c', 'd', 'e'])).toBe('"a", "b", "c" and 2 more');
  });
});

describe('clashesOf', () => {
  it.each<[string, string[], [string, string][]]>([
    ['case', ['README.md', 'readme.md', 'x'], [['README.md', 'readme.md']]],
    ['Unicode form', ['caf\u00e9', 'cafe\u0301'], [['caf\u00e9', 'cafe\u0301']]],
    [
      'three of a kind',
      ['A', 'a', 'Ａ', 'ａ'],
      [
        ['A', 'a'],
        ['Ａ', 'ａ'],
      ],
    ],
    ['nothing', ['a', 'b', 'constructor', '__proto__'], []],
  ])('finds names that differ by %s', (_, names, clashes) => {
    expect(clashesOf(names)).toEqual(clashes);
  });
});

describe('nameWarnings', () => {
  it('names each dotfile at the top once, and those who leave it out', () => {
    const [warning, ...others] = nameWarnings(['.cache/a', '.cache/b', 'sub/.hidden', '.git']);
    expect(warning).toContain('".cache", ".git": names that');
    expect(warning).toContain('KubeDL');
    expect(others).toEqual([]);
  });

  it.each([
    ['v1..2/model.bin', 'modctl'],
    ['sub/a..b', 'modctl'],
    ['a\\b', 'Windows'],
  ])('says who stumbles over %j', (path, who) => {
    expect(nameWarnings([path, 'fine.txt'])).toEqual([expect.stringContaining(who)]);
    expect(nameWarnings([path])[0]).toContain(quote(path));
  });

  it('says nothing of ordinary names', () => {
    expect(nameWarnings(['model.safetensors', 'a.b.c', 'sub/.hidden', 'sub/x'])).toEqual([]);
  });
});
