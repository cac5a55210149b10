import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesOf } from '../../src/controller/names.ts';
import { version } from './support.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.').slice(0, 253));
const key = fc.record({
  name: name.filter((text) => SUBDOMAIN.test(text)),
  namespace: label,
  uid: fc.uuid(),
  attempt: fc.integer({ min: 1, max: 1000 }),
});

function names({ attempt, ...metadata }: { name: string; namespace: string; uid: string; attempt: number }) {
  return namesOf(version({ metadata }), attempt);
}

describe('the names of what is made for a version', () => {
  it('are short, and say whose it is', () => {
    expect(namesOf(version(), 2)).toEqual({
      volume: 'stowage-team-a-bert-v3-0b5d1f6e-1111-2222-3333-444455556666-2',
      claim: 'stowage-bert-v3-0b5d1f6e-2',
      pod: 'stowage-bert-v3-0b5d1f6e-2',
    });
  });

  it('are names that the API server accepts', () => {
    fc.assert(
      fc.property(key, (each) => {
        const { volume, claim, pod } = names(each);
        for (const made of [volume, claim, pod]) expect(made).toMatch(SUBDOMAIN);
        expect(volume.length).toBeLessThanOrEqual(253);
        expect(pod.length).toBeLessThanOrEqual(63);
      }),
    );
  });

  it('are never those of another version or attempt', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        fc.pre(one.uid !== other.uid || one.attempt !== other.attempt);
        expect(names(one).volume).not.toBe(names(other).volume);
      }),
    );
  });
});
