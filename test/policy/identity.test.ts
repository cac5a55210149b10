import { describe, expect, it } from 'vitest';
import type { ModelVersionSpec } from '../../src/api/modelversion.ts';
import type { StoragePolicySpec } from '../../src/api/storagepolicy.ts';
import { identityWish } from '../../src/policy/identity.ts';
import { policy } from './support/policies.ts';

type RunAs = StoragePolicySpec['runAs'];

const RUN_AS: RunAs = {
  users: [
    { min: 1000, max: 1999 },
    { min: 3000, max: 3000 },
  ],
  groups: [{ min: 100, max: 200 }],
};

function policyWith(runAs: RunAs): StoragePolicySpec {
  return policy('p', runAs === undefined ? {} : { runAs }).spec;
}

describe('as whom a version is read', () => {
  it.each<[ModelVersionSpec['securityContext']]>([
    [undefined],
    [{}],
    [{ supplementalGroups: [] }],
    [{ runAsUser: 65_532 }],
    [{ runAsUser: 65_532, runAsGroup: 65_532, supplementalGroups: [65_532] }],
  ])('need not be allowed where it is the builder itself: %j', (securityContext) => {
    expect(identityWish(securityContext)).toBeUndefined();
  });

  it.each<[asked: ModelVersionSpec['securityContext'], runAs: RunAs, allowed: boolean]>([
    [{ runAsUser: 1000 }, RUN_AS, true],
    [{ runAsUser: 1999 }, RUN_AS, true],
    [{ runAsUser: 3000 }, RUN_AS, true],
    [{ runAsGroup: 100 }, RUN_AS, true],
    [{ supplementalGroups: [100, 150, 200] }, RUN_AS, true],
    [{ supplementalGroups: [100, 65_532] }, RUN_AS, true],
    [{ runAsUser: 1500, runAsGroup: 65_532 }, RUN_AS, true],
    [{ runAsUser: 65_532, runAsGroup: 100 }, { groups: [{ min: 100, max: 100 }] }, true],
    [{ runAsUser: 1500, runAsGroup: 150, supplementalGroups: [200] }, RUN_AS, true],
    [{ runAsUser: 999 }, RUN_AS, false],
    [{ runAsUser: 2000 }, RUN_AS, false],
    [{ runAsUser: 150 }, RUN_AS, false],
    [{ runAsGroup: 1000 }, RUN_AS, false],
    [{ runAsUser: 1500, runAsGroup: 99 }, RUN_AS, false],
    [{ runAsUser: 1500, supplementalGroups: [100, 201] }, RUN_AS, false],
    [{ runAsUser: 1500 }, { groups: [{ min: 1, max: 2_147_483_647 }] }, false],
    [{ supplementalGroups: [150] }, { users: [{ min: 1, max: 2_147_483_647 }] }, false],
    [{ runAsUser: 1500 }, { users: [] }, false],
    [{ runAsUser: 1500 }, {}, false],
    [{ runAsUser: 1500 }, undefined, false],
    [{ runAsUser: 65_531 }, undefined, false],
    [{ runAsGroup: 65_533 }, undefined, false],
  ])('%j by %j is allowed: %s', (asked, runAs, allowed) => {
    const wish = identityWish(asked)!;
    expect(wish.isAllowedBy(policyWith(runAs))).toBe(allowed);
    expect(wish.isAllowedBy({ ...policyWith(undefined), ...wish.rules })).toBe(true);
  });

  it.each<[asked: ModelVersionSpec['securityContext'], words: string]>([
    [{ runAsUser: 1000 }, 'read as user 1000'],
    [{ runAsGroup: 7, supplementalGroups: [9, 8, 9, 7] }, 'read as groups 7, 8, 9'],
    [{ runAsUser: 1, runAsGroup: 2 }, 'read as user 1 and group 2'],
  ])('is said: %j', (asked, words) => {
    expect(identityWish(asked)?.words).toBe(words);
  });

  it.each<[runAs: RunAs, instead: string]>([
    [undefined, 'no other user or group than those of the builder'],
    [{ users: [], groups: [] }, 'no other user or group than those of the builder'],
    [RUN_AS, 'only users 1000 to 1999, 3000 and groups 100 to 200'],
    [{ groups: [1, 2, 3, 4].map((id) => ({ min: id, max: id })) }, 'only groups 1, 2 and 2 more'],
  ])('is said of a policy: %j', (runAs, instead) => {
    expect(identityWish({ runAsUser: 5 })?.insteadIn(policyWith(runAs))).toBe(instead);
  });
});
