import { describe, expect, it } from 'vitest';
import type { BuilderName } from '../../src/api/builder-name.ts';
import { decide } from '../../src/policy/decide.ts';
import { policy, request } from './support/policies.ts';

const kaniko = request({}, { builder: 'kaniko' });

describe('by what a version is built', () => {
  it.each<[BuilderName, BuilderName[] | undefined, boolean]>([
    ['stream', undefined, true],
    ['stream', ['kaniko'], true],
    ['kaniko', undefined, false],
    ['kaniko', ['stream'], false],
    ['kaniko', ['kaniko'], true],
    ['kaniko', ['stream', 'kaniko'], true],
  ])('%s with the builders %s: %s', (builder, builders, allowed) => {
    const policies = [policy('a', builders && { builders })];
    expect(decide(policies, request({}, { builder })).allowed).toBe(allowed);
  });

  it('is what holds, not what the spec says', () => {
    const asked = request({ builder: 'stream' }, { builder: 'kaniko' });
    expect(decide([policy('a')], asked).allowed).toBe(false);
  });

  it('is refused with the reason, and the smallest policy that allows it', () => {
    const verdict = decide([policy('a')], kaniko);
    expect(verdict).toMatchObject({
      allowed: false,
      message: expect.stringMatching(
        /may not build with kaniko, which reads as root: .* but only the builder stream$/,
      ) as string,
      hint: expect.stringMatching(/\n {2}builders:\n {4}- kaniko$/) as string,
    });
  });

  it('is allowed by the policy that allows the rest too', () => {
    const policies = [policy('a', { builders: ['kaniko'], targets: ['other.example.com'] }), policy('b')];
    expect(decide(policies, kaniko).allowed).toBe(false);
  });
});
