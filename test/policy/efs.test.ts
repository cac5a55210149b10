import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { StoragePolicy, StoragePolicySpec } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import { policy, requestOf } from './support/policies.ts';

type Rule = NonNullable<StoragePolicySpec['AWSEfs']>[number];

const FS = 'fs-0123456789abcdef0';
const AP = 'fsap-0123456789abcdef0';
const AP2 = 'fsap-0123456789abcdef1';

function verdictOf(volumeHandle: string, rules: Rule[], attributes?: Record<string, string>) {
  const AWSEfs = { volumeHandle, ...(attributes && { attributes }) };
  return decide([policy('p', { AWSEfs: rules })], requestOf({ AWSEfs }));
}

function rule(pathPrefixes?: string[], more: Partial<Rule> = {}): Rule {
  return { fileSystemIds: [FS], ...(pathPrefixes && { pathPrefixes }), ...more };
}

const THROUGH = { accessPointIds: [AP] };

describe('a directory of an EFS file system', () => {
  it.each<[handle: string, rules: Rule[], prefix: string]>([
    [FS, [rule()], '/'],
    [`${FS}:`, [rule()], '/'],
    [`${FS}::`, [rule()], '/'],
    [`${FS}:/`, [rule()], '/'],
    [`${FS}:/bert`, [rule()], '/'],
    [`${FS}:/bert/`, [rule(['/bert'])], '/bert'],
    [`${FS}:/models/bert`, [rule(['/models'])], '/models'],
    [`${FS}:/models/bert:`, [rule(['/', '/models'])], '/models'],
    [`${FS}:/bert`, [rule(['/models']), rule(['/bert'])], '/bert'],
    [`${FS}:/bert`, [rule(['/bert'], { fileSystemIds: ['fs-01234567', FS] })], '/bert'],
    // Through access points.
    [`${FS}::${AP}`, [rule(undefined, THROUGH)], '/'],
    [`${FS}:/:${AP}`, [rule(undefined, THROUGH)], '/'],
    [`${FS}:/bert:${AP}`, [rule(['/bert'], THROUGH)], '/bert'],
    [`${FS}:/bert/v1/:${AP}`, [rule(['/', '/bert'], THROUGH)], '/bert'],
    [`${FS}:/bert:${AP2}`, [rule(['/bert'], { accessPointIds: [AP, AP2] })], '/bert'],
    [`${FS}:/bert:${AP}`, [rule(), rule(['/bert'], THROUGH)], '/bert'],
  ])('%s is allowed by %j below %s', (handle, rules, prefix) => {
    expect(verdictOf(handle, rules)).toMatchObject({ allowed: true, policy: 'p', prefix, mountOptions: [] });
  });

  it.each<[handle: string, rules: Rule[]]>([
    [FS, []],
    [FS, [rule(undefined, { fileSystemIds: ['fs-01234567'] })]],
    [FS, [rule(['/models'])]],
    [`${FS}:/modelsx`, [rule(['/models'])]],
    [`${FS}:/Models`, [rule(['/models'])]],
    [`${FS}:/`, [rule(['/models'])]],
    ['fs-0123456789abcdef01', [rule()]],
    ['fs-0123456789abcdef', [rule()]],
    // An access point may lead anywhere in the file system, and read it as root.
    [`${FS}::${AP}`, [rule()]],
    [`${FS}:/bert:${AP}`, [rule()]],
    [`${FS}:/bert:${AP}`, [rule(['/bert', '/'])]],
    [`${FS}:/models:${AP}`, [rule(['/models'])]],
    [`${FS}::${AP}`, [rule(['/models'])]],
    [`${FS}::${AP2}`, [rule(undefined, THROUGH)]],
    [`${FS}:/bert:${AP}`, [rule(['/models'], THROUGH)]],
    [`${FS}:/:${AP}`, [rule(['/models'], THROUGH)]],
    [FS, [rule(undefined, THROUGH)]],
    [`${FS}:/bert`, [rule(['/bert'], THROUGH)]],
    [`${FS}:/bert:${AP}`, [rule(['/models'], THROUGH), rule(['/bert'], { accessPointIds: [AP2] })]],
    // That no handle says.
    ['', [rule()]],
    ['FS-0123456789ABCDEF0', [rule()]],
    [FS.toUpperCase(), [rule()]],
    [`${FS}:models`, [rule()]],
    [`${FS}:/models/../secret`, [rule(['/models'])]],
    [`${FS}:/..`, [rule()]],
    [`${FS}://models`, [rule()]],
    [`${FS}:/models//bert`, [rule()]],
    [`${FS}:/./models`, [rule()]],
    [`${FS}:/models:${AP}:${AP2}`, [rule()]],
    [`${FS}:/models:${AP} `, [rule()]],
    [`${FS}:/models:fs-0123456789abcdef0`, [rule()]],
    [`${FS}:/a\u0000:`, [rule()]],
    [`efs:${FS}`, [rule()]],
    [`s3files:${FS}`, [rule()]],
    [` ${FS}`, [rule()]],
    [`${FS}\n`, [rule()]],
  ])('%j is not allowed by %j', (handle, rules) => {
    expect(verdictOf(handle, rules)).toMatchObject({ allowed: false });
  });

  const OPEN = { allowUnencrypted: true };
  const AT = { mountTargetIps: ['10.0.0.5', 'FD00::5'] };

  it.each<[attributes: Record<string, string>, rule: Rule, allowed: boolean]>([
    [{}, rule(), true],
    [{ encryptInTransit: 'true', crossaccount: 'true' }, rule(), true],
    [{ encryptInTransit: 'false' }, rule(undefined, OPEN), true],
    [{ ENCRYPTINTRANSIT: 'FALSE' }, rule(undefined, OPEN), true],
    [{ encryptInTransit: 'true' }, rule(undefined, OPEN), true],
    [{}, rule(undefined, { allowUnencrypted: false }), true],
    [{ encryptInTransit: 'false' }, rule(), false],
    [{ encryptInTransit: 'False' }, rule(undefined, { allowUnencrypted: false }), false],
    [{ EncryptInTransit: 'FALSE' }, rule(), false],
    [{ encryptInTransit: 'true', encryptintransit: 'false' }, rule(), false],
    [{ encryptInTransit: 'false', mounttargetip: '10.0.0.5' }, rule(undefined, { ...AT, ...OPEN }), true],
    [{ encryptInTransit: 'false', mounttargetip: '10.0.0.5' }, rule(undefined, AT), false],
    [{ encryptInTransit: 'false', mounttargetip: '10.0.0.5' }, rule(undefined, OPEN), false],
    [{ mounttargetip: '10.0.0.5' }, rule(undefined, AT), true],
    [{ MountTargetIP: '::ffff:10.0.0.5' }, rule(undefined, AT), true],
    [{ mounttargetip: 'fd00:0:0::5' }, rule(undefined, AT), true],
    [{}, rule(undefined, AT), true],
    [{ mounttargetip: '10.0.0.5' }, rule(), false],
    [{ MOUNTTARGETIP: '10.0.0.5' }, rule(), false],
    [{ mounttargetip: '10.0.0.6' }, rule(undefined, AT), false],
    [{ mounttargetip: '10.0.0.5', mountTargetIp: '10.0.0.6' }, rule(undefined, AT), false],
    [{ mounttargetip: '10.5' }, rule(undefined, AT), false],
    [{ mounttargetip: '010.0.0.5' }, rule(undefined, AT), false],
    [{ mounttargetip: 'nfs.example.com' }, rule(undefined, AT), false],
    [{ 'mounttarget\u0130p': '10.0.0.5' }, rule(undefined, AT), false],
    [{ path: '/secret' }, rule(), false],
    [{ encryptInTransit: 'true,ro' }, rule(), false],
  ])('with the attributes %j by %j is allowed: %s', (attributes, given, allowed) => {
    expect(verdictOf(FS, [given], attributes).allowed).toBe(allowed);
  });

  it.each<[handle: string, rules: Rule[], words: string, instead: string]>([
    [FS, [], `read "/" on EFS file system "${FS}"`, 'nothing on that file system'],
    [
      `${FS}:/bert`,
      [rule(['/a', '/b', '/c', '/d'])],
      `read "/bert" on EFS file system "${FS}"`,
      'only "/a", "/b" and 2 more without an access point',
    ],
    [
      `${FS}:/bert`,
      [rule(undefined, THROUGH)],
      `read "/bert" on EFS file system "${FS}"`,
      'nothing without an access point',
    ],
    [
      `${FS}:/bert:${AP}`,
      [rule(['/a'], THROUGH)],
      `read "/bert" on EFS file system "${FS}" through access point "${AP}"`,
      'only "/a" through that access point',
    ],
    [
      `${FS}:/a:${AP}`,
      [rule(['/a'])],
      `read "/a" on EFS file system "${FS}" through access point "${AP}"`,
      'nothing through that access point',
    ],
  ])('%s that is refused is told what %j allows', (handle, rules, words, instead) => {
    const message = `namespace "team-a" may not ${words}: its StoragePolicy "p" allows to send to "registry.example.com/team-a/bert", but ${instead}`;
    expect(verdictOf(handle, rules)).toMatchObject({ message });
  });

  it('that is refused is told the smallest policy', () => {
    expect(
      verdictOf(`${FS}:/bert:${AP}`, [rule(['/a'])], { mounttargetip: '::FFFF:10.0.0.5' }),
    ).toMatchObject({
      message: expect.stringMatching(
        / at mount target "10\.0\.0\.5": .*, but not that mount target$/,
      ) as string,
      hint: expect.stringContaining(`
  AWSEfs:
    - fileSystemIds:
        - ${FS}
      accessPointIds:
        - ${AP}
      pathPrefixes:
        - /bert
      mountTargetIps:
        - 10.0.0.5
  targets:`) as string,
    });
  });

  it('that is refused without encryption is told so', () => {
    expect(verdictOf(FS, [rule()], { ENCRYPTINTRANSIT: 'False' })).toMatchObject({
      message: expect.stringMatching(
        / may not read "\/" on EFS file system "\S+" without encryption: .*, but only with encryption$/,
      ) as string,
      hint: expect.stringContaining(`
      pathPrefixes:
        - /
      allowUnencrypted: true
  targets:`) as string,
    });
  });

  it.each<[handle: string, attributes: Record<string, string>]>([
    [`${FS}::${AP}`, {}],
    [`${FS}:/bert`, { encryptInTransit: 'FALSE' }],
    [`${FS}:/bert:${AP}`, { encryptInTransit: 'false', mounttargetip: '10.0.0.5' }],
  ])('%s with %j is allowed once the smallest policy is applied', (volumeHandle, attributes) => {
    const asked = requestOf({ AWSEfs: { volumeHandle, attributes } });
    const refused = decide([policy('p', { AWSEfs: [rule()] })], asked);
    const hint = refused.allowed ? '' : refused.hint;
    const smallest = parse(hint.slice(hint.indexOf('apiVersion:'))) as StoragePolicy;
    expect(decide([smallest], asked)).toMatchObject({ allowed: true, policy: 'team-a' });
  });
});
