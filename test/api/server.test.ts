import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalServer } from '../../src/api/server.ts';

describe("the one spelling of a server's name", () => {
  it.each([
    ['nfs.example.com', 'nfs.example.com'],
    ['NFS.Example.COM.', 'nfs.example.com'],
    ['nfs', 'nfs'],
    ['nfs-1.example.com', 'nfs-1.example.com'],
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['FE80:0:0::1', 'fe80::1'],
    ['fd00:0:0:0:0:0:0:1', 'fd00::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:1', '10.0.0.1'],
    ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
    // Which some readers take for an address, and each for another one.
    ['10.1', undefined],
    ['167772161', undefined],
    ['0x0a000001', undefined],
    ['010.0.0.1', undefined],
    ['10.0.0.1.', undefined],
    ['10.0.0.256', undefined],
    ['1.2.3.0x4', undefined],
    ['nfs.1', undefined],
    // Which are none.
    ['', undefined],
    ['.', undefined],
    ['a..', undefined],
    ['a..b', undefined],
    ['.a', undefined],
    ['::1::', undefined],
    ['fe80::1%eth0', undefined],
    ['nfs:2049', undefined],
  ])('of %j is %j', (text, server) => {
    expect(canonicalServer(text)).toBe(server);
  });

  it('is its own, and the same for all ways to write an address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (text) => {
        const server = canonicalServer(text);
        if (server !== undefined) expect(canonicalServer(server)).toBe(server);
        expect(canonicalServer(text.toUpperCase())).toBe(server);
      }),
    );
  });
});
