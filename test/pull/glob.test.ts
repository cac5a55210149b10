import { describe, expect, it } from 'vitest';
import { globMatcher } from '../../src/pull/glob.ts';
import { Intervals } from '../../src/pull/intervals.ts';
import fc from 'fast-check';
import { thrownBy } from '../support/thrown.ts';

describe('a pattern', () => {
  it.each([
    ['config.json', ['config.json', 'sub/config.json'], ['xconfig.json', 'config.jsonl']],
    ['*.json', ['a.json', 'd/a.json', '.json', 'd/.a.json'], ['a.json5', 'json']],
    ['onnx/**', ['onnx/a', 'onnx/d/a'], ['onnx', 'd/onnx/a']],
    ['onnx', ['onnx', 'onnx/a', 'd/onnx/b/c'], ['onnxx/a']],
    ['onnx/', ['onnx/a', 'd/onnx/b'], ['onnxx']],
    ['./a/b', ['a/b', 'a/b/c'], ['x/a/b']],
    ['**/a', ['a', 'x/a', 'x/y/a'], ['xa']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb']],
    ['a/*/b', ['a/x/b'], ['a/b', 'a/x/y/b']],
    ['model-0000[1-3]-*', ['model-00002-of-4'], ['model-00004-of-4']],
    ['[!a]b', ['xb'], ['ab', '/b']],
    ['a?c', ['abc', 'aéc', 'a😀c'], ['a/c', 'ac']],
    ['a\\*', ['a*'], ['ab']],
    ['a.b', ['a.b'], ['axb']],
    ['a{b}(c)+$', ['a{b}(c)+$'], ['abc']],
    ['\\[x\\]', ['[x]'], ['x']],
    ['[]a]', [']', 'a'], ['[']],
    ['a\nb', ['a\nb'], ['a b']],
  ])('%j', (pattern, means, meansNot) => {
    const matches = globMatcher([pattern]);
    expect(means.filter((path) => !matches(path))).toEqual([]);
    expect(meansNot.filter(matches)).toEqual([]);
  });

  it.each(['', '[', 'a[b', 'a\\', '[z-a]', 'x'.repeat(2000)])('is none: %.20s', (pattern) => {
    expect(thrownBy(() => globMatcher([pattern]))).toMatchObject({ code: 'UsageInvalid' });
  });

  it('can be any text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string(), (pattern, path) => {
        try {
          globMatcher([pattern])(path);
        } catch (error) {
          expect(error).toMatchObject({ code: 'UsageInvalid' });
        }
      }),
    );
  });
});

describe('stretches of bytes', () => {
  const stretch = fc.tuple(fc.nat(60), fc.nat(60));
  it('know what is there and what is missing', () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 12 }), fc.integer({ min: 1, max: 70 }), (added, most) => {
        const intervals = new Intervals();
        const there = new Set<number>();
        for (const [a, b] of added) {
          intervals.add(Math.min(a, b), Math.max(a, b));
          for (let at = Math.min(a, b); at < Math.max(a, b); at += 1) there.add(at);
        }
        expect(intervals.bytes).toBe(there.size);
        const gaps = intervals.missing(64, most);
        expect(gaps.every(({ from, to }) => to > from && to - from <= most)).toBe(true);
        const missing = gaps.flatMap(({ from, to }) =>
          Array.from({ length: to - from }, (_, index) => from + index),
        );
        expect(missing).toEqual(Array.from({ length: 64 }, (_, at) => at).filter((at) => !there.has(at)));
        for (let at = 0; at < 64; at += 1) {
          let end = at;
          while (there.has(end)) end += 1;
          expect(intervals.endFrom(at)).toBe(end);
        }
      }),
    );
  });
});

describe('a name that is made to take long', () => {
  it.each([
    [`${'*-'.repeat(200)}*.bin`, '-'.repeat(255)],
    [`${'a*'.repeat(200)}b`, 'a'.repeat(255)],
    [`${'**/'.repeat(100)}x`, 'a/'.repeat(127) + 'a'],
    [`${'**a'.repeat(100)}x`, 'a'.repeat(4000)],
  ])('%s is held to it at once', (pattern, path) => {
    const matches = globMatcher([pattern]);
    // All ways to share it out would take longer than the universe has been there.
    expect(matches(path)).toBe(false);
  });
});
