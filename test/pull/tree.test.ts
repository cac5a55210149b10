import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberPath } from '../../src/pull/member-path.ts';
import { mergeLayers } from '../../src/pull/tree.ts';
import { thrownBy } from '../support/thrown.ts';

/** Paths of layers: one that ends in `/` is a directory, one with `->` a link. */
function merged(...layers: readonly (readonly string[])[]): string[] {
  const listings = layers.map((paths, index) => ({
    index,
    members: paths.map((text) => {
      const [path = '', link] = text.split('->');
      const kind = link !== undefined ? 'symlink' : path.endsWith('/') ? 'directory' : 'file';
      return { kind, path: path.replace(/\/$/, ''), size: 0, offset: 0 } as const;
    }),
  }));
  return mergeLayers(listings).map(({ path, layer }) => `${path}@${layer}`);
}

describe('layers on top of each other', () => {
  it.each<[string, string[][], string[]]>([
    ['hide what lies below', [['a', 'b'], ['a']], ['a@1', 'b@0']],
    ['remove a file', [['d/a', 'd/b'], ['d/.wh.a']], ['d/b@0']],
    ['remove a directory', [['d/x/a', 'd/b'], ['d/.wh.x']], ['d/b@0']],
    [
      'empty a directory',
      [
        ['d/a', 'd/x/b', 'e'],
        ['d/.wh..wh..opq', 'd/c'],
      ],
      ['d/c@1', 'e@0'],
    ],
    ['empty a directory whatever the order in the layer', [['d/a'], ['d/c', 'd/.wh..wh..opq']], ['d/c@1']],
    ['remove nothing of their own', [['a'], ['.wh.b', 'b']], ['a@0', 'b@1']],
    ['bring back what was removed', [['a'], ['.wh.a'], ['a']], ['a@2']],
    ['put a file in the place of a directory', [['d/a', 'd/b'], ['d']], ['d@1']],
    ['put a directory in the place of a file', [['d'], ['d/', 'd/a']], ['d/a@1']],
    [
      'keep what is in a directory that comes again',
      [
        ['d/', 'd/a'],
        ['d/', 'd/b'],
      ],
      ['d/a@0', 'd/b@1'],
    ],
    ['do not look through links', [['models->/etc'], ['models/a']], ['models/a@1']],
    ['of two of one name have the later one', [['a', 'a']], ['a@0']],
    ['remove what was never there', [[], ['.wh.a', 'x/.wh..wh..opq']], []],
  ])('%s', (_, layers, expected) => {
    expect(merged(...layers)).toEqual(expected);
  });

  it('cannot be so many that memory ends', () => {
    const deep = Array.from({ length: 9000 }, (_, index) => `${index}/${'a/'.repeat(120)}f`);
    expect(thrownBy(() => merged(deep))).toMatchObject({ code: 'ImageInvalid' });
  });
});

describe('the path of a member', () => {
  it.each([
    ['models/a', 'models/a'],
    ['./models/a', 'models/a'],
    ['/models//a', 'models/a'],
    ['models/./a/', 'models/a'],
    ['./', ''],
    ['..a/b..', '..a/b..'],
  ])('%s', (name, path) => {
    expect(memberPath(Buffer.from(name))).toBe(path);
  });

  it.each([
    '..',
    '../a',
    'a/../b',
    'a/..',
    'a\0b',
    'n'.repeat(256),
    'a/'.repeat(200),
    Buffer.from([0x61, 0xff]),
  ])('is none: %.20s', (name) => {
    expect(memberPath(Buffer.from(name as string))).toBeUndefined();
  });

  it('never leads up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const parts = memberPath(Buffer.from(bytes))?.split('/') ?? [];
        expect(parts).not.toContain('..');
        expect(parts[0] === '' && parts.length > 1).toBe(false);
      }),
    );
  });
});
