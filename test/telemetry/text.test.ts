import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutEnd, cutMiddle, padEnd, visible, widthOf } from '../../src/telemetry/text.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('模', '型', 'é', '🦊', '\u0301', 'a', '-'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
});

describe('visible', () => {
  it.each([
    ['plain', 'plain'],
    ['模型 🦊 é', '模型 🦊 é'],
    ['a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\x00\x7f\x9b', '\\x00\\x7f\\x9b'],
    ['gpj.\u202Eexe', 'gpj.\\u202eexe'],
    ['\u2066x\u2069', '\\u2066x\\u2069'],
    ['a\u2028b', 'a\\u2028b'],
    ['half \uD83E', 'half \\ud83e'],
  ])('makes %j into %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves nothing that acts on a terminal, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u);
      }),
    );
  });
});

describe('widthOf', () => {
  it.each([
    ['', 0],
    ['model.safetensors', 17],
    ['模型', 4],
    ['ｆｕｌｌ', 8],
    ['한국어', 6],
    ['ひらがな', 8],
    ['é', 1],
    ['e\u0301', 1],
    ['🦊', 2],
    ['🇨🇭', 2],
    ['✓ ━╸─…', 6],
    ['a\u200Db', 2],
    ['𠀀', 2],
  ])('of %j is %i', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });
});

describe('cutting', () => {
  it.each([
    ['model-00001-of-00004.safetensors', 15, 'model-0…tensors', 'model-00001-of…'],
    ['abcdef', 6, 'abcdef', 'abcdef'],
    ['abcdef', 5, 'ab…ef', 'abcd…'],
    ['abcdef', 4, 'a…ef', 'abc…'],
    ['abcdef', 2, 'a…', 'a…'],
    ['abcdef', 1, '…', '…'],
    ['abcdef', 0, '', ''],
    ['模型权重', 5, '模…重', '模型…'],
    ['模型权重', 4, '…重', '模…'],
  ])('%j to %i columns', (text, columns, middle, end) => {
    expect(cutMiddle(text, columns)).toBe(middle);
    expect(cutEnd(text, columns)).toBe(end);
  });

  it('never leaves more than there is room for, and nothing out where there is', () => {
    fc.assert(
      fc.property(anyText, fc.nat(12), (text, columns) => {
        for (const cut of [cutMiddle(text, columns), cutEnd(text, columns)]) {
          expect(widthOf(cut)).toBeLessThanOrEqual(columns);
          if (widthOf(text) <= columns) expect(cut).toBe(text);
        }
      }),
    );
  });
});

it('padEnd counts columns, not characters', () => {
  expect(padEnd('模型', 6)).toBe('模型  ');
  expect(padEnd('too long', 3)).toBe('too long');
});
