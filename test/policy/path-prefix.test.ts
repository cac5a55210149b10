import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantsOf, nearest, nearestGrant } from '../../src/policy/grant.ts';
import { liesBelow } from '../../src/policy/path-prefix.ts';
import { directory, hostilePath, leadsInto } from './support/paths.ts';

describe('a path', () => {
  it.each<[path: string, directory: string, below: boolean]>([
    ['/data/a', '/data/a', true],
    ['/data/a/b', '/data/a', true],
    ['/data/a/b/c d', '/data/a', true],
    ['/data/a', '/', true],
    ['/', '/', true],
    ['/data/a/...', '/data/a', true],
    ['/data/a/..b', '/data/a', true],
    ['/data/a/.b', '/data/a', true],
    ['/data/ä/b', '/data/ä', true],
    ['/data/a:b', '/data', true],
    ['/data/ab', '/data/a', false],
    ['/data/a-b', '/data/a', false],
    ['/data/a b', '/data/a', false],
    ['/data/a.', '/data/a', false],
    ['/data', '/data/a', false],
    ['/', '/data', false],
    ['/data/b', '/data/a', false],
    ['/x/data/a', '/data/a', false],
    ['/Data/a', '/data', false],
    ['/data/A/b', '/data/a', false],
    // Composed and decomposed are two names on a disk.
    ['/data/\u00e4/b', '/data/a\u0308', false],
    ['/data/a\u0308', '/data/a', false],
    ['/data/a/../b', '/data/a', false],
    ['/data/a/..', '/data', false],
    ['/data/a/../../etc', '/data/a', false],
    ['/data/./a', '/data', false],
    ['/data/a/.', '/data/a', false],
    ['/data//a', '/data', false],
    ['//data/a', '/data', false],
    ['//data/a', '/', false],
    ['/data/a/', '/data/a', false],
    ['/data/a//', '/data/a', false],
    ['/data/a\u0000', '/data', false],
    ['/data/a\u0000/../../etc', '/data/a', false],
    ['/data/a\n', '/data', false],
    ['/data/\u007f', '/data', false],
    ['/data/\ud800', '/data', false],
    ['data/a', '/data', false],
    ['./data/a', '/', false],
    ['', '/', false],
    ['.', '/', false],
    ['..', '/', false],
    ['~/a', '/', false],
    ['\\data\\a', '/', false],
    [`/data/${'a'.repeat(4091)}`, '/data', false],
    // Prefixes that no policy can have.
    ['/data/a', '', false],
    ['/data/a', '/data/', false],
    ['/data/a', '/data/.', false],
    ['/data/a', '/x/../data', false],
    ['data/a', 'data', false],
  ])('%j below %j: %s', (path, directory, below) => {
    expect(liesBelow(path, directory)).toBe(below);
  });

  it('that leads out of the directory is never below it', () => {
    fc.assert(
      fc.property(hostilePath, directory, (path, allowed) => {
        for (const each of [path, `${allowed}/${path}`, `${allowed}${path}`, `${allowed}/../${path}`]) {
          if (liesBelow(each, allowed)) {
            expect(leadsInto(each, allowed)).toBe(true);
            expect(posix.normalize(each)).toBe(each);
            expect(Buffer.from(each).toString()).toBe(each);
            // eslint-disable-next-line no-control-regex -- those that the grammar of paths refuses
            expect(each).not.toMatch(/[\x00-\x1f\x7f]/);
          }
        }
      }),
      // Letters of the upper control range are letters of a name: they lead nowhere else.
      { numRuns: 5000, examples: [['/\u0080', '/']] },
    );
  });

  it('that is normal and leads into the directory is below it', () => {
    const names = fc.array(fc.constantFrom('a', 'ab', 'data', 'ä', '...', 'b c'), { maxLength: 4 });
    fc.assert(
      fc.property(directory, names, (allowed, more) => {
        const path = posix.join(allowed, ...more);
        expect(liesBelow(path, allowed)).toBe(true);
      }),
    );
  });

  it('beside the directory is not below it, however its name goes on', () => {
    const suffix = fc.string({ minLength: 1, maxLength: 4 }).filter((text) => !text.startsWith('/'));
    fc.assert(
      fc.property(directory, suffix, (allowed, more) => {
        fc.pre(allowed !== '/');
        expect(liesBelow(`${allowed}${more}`, allowed)).toBe(false);
        expect(liesBelow(`${allowed}${more}/x`, allowed)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the directory nearest to a path', () => {
  it.each<[directories: string[], expected: string | undefined]>([
    [[], undefined],
    [['/other'], undefined],
    [['/', '/data', '/data/team'], '/data/team'],
    [['/data/team', '/data', '/'], '/data/team'],
    [['/data/team/bert'], '/data/team/bert'],
    [['/data/team/bert/v1', '/'], '/'],
    [['/data/team/be', '/data'], '/data'],
  ])('of %j is %j', (directories, expected) => {
    expect(nearestGrant('/data/team/bert', grantsOf(directories))?.prefix).toBe(expected);
  });

  it.each<[prefixes: string[], expected: string | undefined]>([
    [[], undefined],
    [['/'], '/'],
    [['/a', '/b'], '/a'],
    [['/a', '/bb'], '/bb'],
    [['/aa', '/b'], '/aa'],
  ])('of those of several policies is the longest: %j', (prefixes, expected) => {
    expect(nearest(grantsOf(prefixes))?.prefix).toBe(expected);
  });

  it('is beaten by none that a storage does not have', () => {
    const [none] = [{ prefix: undefined, mountOptions: [] }];
    expect(nearest([none, none])).toBe(none);
    expect(nearestGrant('/', [none])).toBeUndefined();
  });
});
