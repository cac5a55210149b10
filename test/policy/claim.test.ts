import { describe, expect, it } from 'vitest';
import type { StoragePolicySpec } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import { policy, requestOf } from './support/policies.ts';

type Rule = NonNullable<StoragePolicySpec['persistentVolumeClaim']>[number];

function verdictOf(claimName: string, rules: Rule[], path?: string) {
  const persistentVolumeClaim = { claimName, ...(path !== undefined && { path }) };
  return decide([policy('p', { persistentVolumeClaim: rules })], requestOf({ persistentVolumeClaim }));
}

describe('a claim', () => {
  it.each<[claim: string, rules: Rule[], path: string | undefined]>([
    ['models', [{}], undefined],
    ['models', [{}], ''],
    ['models', [{}], '/'],
    ['models', [{}], 'bert'],
    ['models', [{}], '/bert/v1/'],
    ['models', [{ claimNames: ['models'] }], undefined],
    ['models', [{ claimNames: ['other', 'models'] }], 'bert'],
    ['models', [{ claimNames: ['other'] }, { claimNames: ['models'] }], undefined],
    ['models', [{ claimNames: ['other'] }, {}], undefined],
  ])('%s is allowed by %j, its directory %j too', (claim, rules, path) => {
    expect(verdictOf(claim, rules, path)).toEqual({
      allowed: true,
      policy: 'p',
      prefix: undefined,
      mountOptions: [],
      limits: { bytes: undefined, seconds: undefined },
    });
  });

  it.each<[claim: string, rules: Rule[], path: string | undefined]>([
    ['models', [], undefined],
    ['models', [{ claimNames: ['model'] }], undefined],
    ['models', [{ claimNames: ['models-2', 'xmodels', 'other'] }], undefined],
    ['Models', [{}], undefined],
    ['../models', [{}], undefined],
    ['team-b/models', [{}], undefined],
    ['', [{}], undefined],
    ['models', [{}], '..'],
    ['models', [{}], '/..'],
    ['models', [{}], 'bert/../../..'],
    ['models', [{}], 'bert//v1'],
    ['models', [{}], '//'],
    ['models', [{}], './bert'],
    ['models', [{}], 'bert\u0000'],
  ])('%j is not allowed by %j, or its directory %j is not', (claim, rules, path) => {
    expect(verdictOf(claim, rules, path)).toMatchObject({ allowed: false });
  });

  it.each<[rules: Rule[], instead: string]>([
    [[], 'no claim'],
    [[{ claimNames: ['a', 'b', 'c'] }, { claimNames: ['d'] }], 'only the claims "a", "b" and 2 more'],
  ])('that is refused is told what %j allows', (rules, instead) => {
    expect(verdictOf('models', rules, 'bert')).toMatchObject({
      message: `namespace "team-a" may not read the PersistentVolumeClaim "models": its StoragePolicy "p" allows to send to "registry.example.com/team-a/bert", but ${instead}`,
      hint: expect.stringContaining(`
  persistentVolumeClaim:
    - claimNames:
        - models
  targets:`) as string,
    });
  });
});
