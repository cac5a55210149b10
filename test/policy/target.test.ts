import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targetWish } from '../../src/policy/target.ts';
import { policy } from './support/policies.ts';

function isAllowed(imageRepo: string, ...targets: string[]): boolean {
  const wish = targetWish(imageRepo);
  return 'isAllowedBy' in wish && wish.isAllowedBy(policy('p', { targets }).spec);
}

describe('a target', () => {
  it.each<[imageRepo: string, prefix: string, allowed: boolean]>([
    ['registry.example.com/team-a', 'registry.example.com/team-a', true],
    ['registry.example.com/team-a/bert', 'registry.example.com/team-a', true],
    ['registry.example.com/team-a/x/y', 'registry.example.com/team-a/x', true],
    ['registry.example.com/team-a/bert', 'registry.example.com', true],
    ['Registry.Example.COM/team-a/bert', 'registry.example.com/team-a', true],
    ['registry.example.com/team-a/bert', 'REGISTRY.example.com/team-a', true],
    ['localhost/a', 'localhost', true],
    ['localhost:5000/a', 'localhost:5000', true],
    ['10.0.0.1:5000/a', '10.0.0.1:5000', true],
    ['[::1]:5000/a', '[::1]:5000', true],
    ['registry.example.com/team-ab', 'registry.example.com/team-a', false],
    ['registry.example.com/team-ab/bert', 'registry.example.com/team-a', false],
    ['registry.example.com/team-a-b', 'registry.example.com/team-a', false],
    ['registry.example.com/team-a.b', 'registry.example.com/team-a', false],
    ['registry.example.com/team', 'registry.example.com/team-a', false],
    ['registry.example.com/x/team-a', 'registry.example.com/team-a', false],
    ['registry.example.com/bert', 'registry.example.com/team-a', false],
    ['registry.example.com:5000/team-a/bert', 'registry.example.com/team-a', false],
    ['registry.example.com/team-a/bert', 'registry.example.com:5000/team-a', false],
    ['registry.example.com:443/team-a', 'registry.example.com/team-a', false],
    ['registry.example.com.evil.io/team-a', 'registry.example.com', false],
    ['evil-registry.example.com/team-a', 'registry.example.com', false],
    ['sub.registry.example.com/team-a', 'registry.example.com', false],
    ['localhost:5001/a', 'localhost:5000', false],
    ['localhost:5000/a', 'localhost', false],
    ['[::2]:5000/a', '[::1]:5000', false],
    // Docker Hub, by all its names.
    ['jdoe/bert', 'docker.io/jdoe', true],
    ['jdoe/bert', 'index.docker.io/jdoe', true],
    ['jdoe/bert', 'registry-1.docker.io/jdoe', true],
    ['docker.io/jdoe/bert', 'Docker.IO/jdoe/bert', true],
    ['index.docker.io/jdoe/bert', 'docker.io', true],
    ['bert', 'docker.io', true],
    ['bert', 'docker.io/library', true],
    ['docker.io/bert', 'docker.io/library/bert', true],
    ['bert', 'docker.io/bert', false],
    ['jdoe/bert', 'docker.io/jdo', false],
    ['jdoe/bert', 'docker.io/library', false],
    ['jdoe/bert', 'registry.example.com', false],
    ['registry.example.com/jdoe/bert', 'docker.io', false],
    // A prefix is written out: these are hosts that no reference can have.
    ['jdoe/bert', 'jdoe', false],
    ['jdoe/bert', 'jdoe/bert', false],
    ['bert', 'library', false],
    ['bert', 'bert', false],
    ['registry.example.com/a', 'registry.example.com:70000', false],
    ['registry.example.com/a', '1.2.3.4.5', false],
  ])('%s in %s is allowed: %s', (imageRepo, prefix, allowed) => {
    expect(isAllowed(imageRepo, prefix)).toBe(allowed);
    expect(isAllowed(imageRepo, 'other.example.com', prefix)).toBe(allowed);
  });

  it.each([
    'oci:/images',
    'oci:5000/a',
    'registry.example.com/a:v1',
    `registry.example.com/a@sha256:${'0'.repeat(64)}`,
    'registry.example.com:70000/a',
    '1.2.3.4.5/a',
    'registry.example.com/A',
    'registry.example.com/a/../b',
    'registry.example.com//a',
    'registry.example.com/a/',
    'https://registry.example.com/a',
    'user@registry.example.com/a',
    `registry.example.com/${'a/'.repeat(200)}a`,
    '',
  ])('that is no repository in a registry cannot be allowed: %s', (imageRepo) => {
    expect(targetWish(imageRepo)).toHaveProperty('impossible');
  });

  it('is never allowed by a prefix of another host or of a sibling', () => {
    const part = fc.constantFrom('a', 'ab', 'a-b', 'team', 'library');
    const host = fc.constantFrom('r.io', 'r.io:5000', 'r.io:500', 'docker.io', 'localhost', 'x-r.io');
    const name = fc.tuple(host, fc.array(part, { minLength: 2, maxLength: 4 }));
    fc.assert(
      fc.property(name, fc.tuple(host, fc.array(part, { maxLength: 4 })), ([at, path], [where, below]) => {
        const within = at === where && below.every((each, index) => path[index] === each);
        expect(isAllowed([at, ...path].join('/'), [where, ...below].join('/'))).toBe(within);
      }),
      { numRuns: 2000 },
    );
  });
});
