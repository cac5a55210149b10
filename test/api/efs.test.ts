import { describe, expect, it } from 'vitest';
import { isAttribute } from '../../src/api/efs-attributes.ts';
import { efsHandle, parseEfsHandle } from '../../src/api/efs-handle.ts';
import { normalStorage } from '../../src/api/normal-storage.ts';
import { Storage } from '../../src/api/storage.ts';

const FS = 'fs-0123456789abcdef0';
const AP = 'fsap-0123456789abcdef0';

describe('an EFS volume handle', () => {
  it.each([
    [FS, '/', undefined, FS],
    [`${FS}:`, '/', undefined, FS],
    [`${FS}::`, '/', undefined, FS],
    [`${FS}:/`, '/', undefined, FS],
    [`${FS}:/a/b`, '/a/b', undefined, `${FS}:/a/b`],
    [`${FS}:/a:`, '/a', undefined, `${FS}:/a`],
    [`${FS}::${AP}`, '/', AP, `${FS}::${AP}`],
    [`${FS}:/:${AP}`, '/', AP, `${FS}::${AP}`],
    [`${FS}:/a:${AP}`, '/a', AP, `${FS}:/a:${AP}`],
  ])('%s is of the directory %s by %s, and is written %s', (handle, path, accessPointId, written) => {
    const parsed = parseEfsHandle(handle);
    expect(parsed).toEqual({ fileSystemId: FS, path, accessPointId });
    expect(efsHandle(parsed)).toBe(written);
  });
});

describe('an attribute of EFS', () => {
  it.each([
    ['encryptInTransit', 'true', true],
    ['ENCRYPTINTRANSIT', 'False', true],
    ['crossaccount', 'TRUE', true],
    ['mounttargetip', '10.0.0.7', true],
    ['mountTargetIP', 'fe80::1', true],
    ['encryptInTransit', 'yes', false],
    ['encryptInTransit', '', false],
    ['encryptInTransit', 'true\n', false],
    ['mounttargetip', '::ffff:10.0.0.7', true],
    ['mounttargetip', 'nfs.example.com', false],
    ['mounttargetip', 'abc.de', false],
    ['mounttargetip', '010.0.0.5', false],
    ['mounttargetip', '999.1.1.1', false],
    ['mounttargetip', '1:::::2', false],
    ['mounttargetip', '1:2:3:4:5:6::7:8:9', false],
    ['mounttargetip', 'fe80::1%eth0', false],
    ['mounttargetip', '10.0.0.7,port=1', false],
    ['path', '/a', false],
    ['az', 'us-east-1a', false],
    ['accesspoint', AP, false],
    ['', 'true', false],
  ])('%s: %j is one: %s', (name, value, is) => {
    expect(isAttribute(name, value)).toBe(is);
  });

  it('is taken with others, and refused with what there may be', () => {
    const attributes = { encryptInTransit: 'true', mounttargetip: '10.0.0.7' };
    expect(Storage.safeParse({ AWSEfs: { volumeHandle: FS, attributes } })).toMatchObject({ success: true });
    const wrong = Storage.safeParse({ AWSEfs: { volumeHandle: FS, attributes: { path: '/a' } } });
    expect(wrong.error?.issues[0]?.message).toContain('encryptInTransit and crossaccount');
  });
});

describe('a storage with its paths in one spelling', () => {
  it.each([
    [{ localStorage: { path: '/data/' } }, { localStorage: { path: '/data' } }],
    [{ localStorage: { path: '/' } }, { localStorage: { path: '/' } }],
    [{ nfs: { server: 's', path: '/a/b/' } }, { nfs: { server: 's', path: '/a/b' } }],
    [{ AWSEfs: { volumeHandle: `${FS}:/a/:` } }, { AWSEfs: { volumeHandle: `${FS}:/a` } }],
    [{ persistentVolumeClaim: { claimName: 'c' } }, { persistentVolumeClaim: { claimName: 'c', path: '/' } }],
    [
      { persistentVolumeClaim: { claimName: 'c', path: 'a/' } },
      { persistentVolumeClaim: { claimName: 'c', path: '/a' } },
    ],
  ])('of %j is %j', (storage, normal) => {
    expect(normalStorage(storage)).toEqual(normal);
  });
});
