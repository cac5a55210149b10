import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoragePolicySpec } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import { policy, requestOf } from './support/policies.ts';

function verdictOf(server: string, ...servers: string[]) {
  const rules = { nfs: [{ servers, pathPrefixes: ['/'] }] };
  return decide([policy('p', rules)], requestOf({ nfs: { server, path: '/exports/bert' } }));
}

describe('a server', () => {
  it.each<[asked: string, listed: string, allowed: boolean]>([
    ['nfs.example.com', 'nfs.example.com', true],
    ['NFS.Example.COM', 'nfs.example.com', true],
    ['nfs.example.com', 'NFS.EXAMPLE.com', true],
    ['nfs.example.com.', 'nfs.example.com', true],
    ['nfs.example.com', 'nfs.example.com.', true],
    ['nfs', 'nfs', true],
    ['nfs_1', 'nfs_1', true],
    ['3com', '3com', true],
    ['10.example.com', '10.example.com', true],
    ['10.0.0.1', '10.0.0.1', true],
    ['0.0.0.0', '0.0.0.0', true],
    ['::1', '::1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['0:0:0:0:0:0:0:1', '::1', true],
    ['::0001', '::1', true],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1', true],
    ['FD00::A', 'fd00::a', true],
    ['fd00:0:0:0:0:0:0:a', 'FD00::000A', true],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', true],
    ['2001:db8:0:0:1::1', '2001:db8::1:0:0:1', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '::ffff:10.0.0.1', true],
    ['::FFFF:a00:1', '10.0.0.1', true],
    ['0:0:0:0:0:ffff:0a00:0001', '10.0.0.1', true],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1', true],
    ['nfs', 'nfs.example.com', false],
    ['nfs.example.com', 'nfs', false],
    ['nfs.example.com', 'example.com', false],
    ['nfs.example.com.evil.io', 'nfs.example.com', false],
    ['evil-nfs.example.com', 'nfs.example.com', false],
    ['sub.nfs.example.com', 'nfs.example.com', false],
    ['nfs.example.co', 'nfs.example.com', false],
    ['nfs-example.com', 'nfs.example.com', false],
    ['nfs.example.com..', 'nfs.example.com', false],
    ['10.0.0.1.nip.io', '10.0.0.1', false],
    ['10.0.0.10', '10.0.0.1', false],
    ['10.0.0.2', '10.0.0.1', false],
    ['localhost', '127.0.0.1', false],
    ['127.0.0.1', 'localhost', false],
    ['::1', '127.0.0.1', false],
    ['::1', '::2', false],
    ['::1', '::', false],
    ['1::', '::1', false],
    // Deprecated and translated forms are addresses of their own.
    ['::10.0.0.1', '10.0.0.1', false],
    ['64:ff9b::10.0.0.1', '10.0.0.1', false],
    ['::ffff:0:10.0.0.1', '10.0.0.1', false],
    ['2002:a00:1::', '10.0.0.1', false],
  ])('%s where %s is listed is allowed: %s', (asked, listed, allowed) => {
    expect(verdictOf(asked, listed).allowed).toBe(allowed);
    expect(verdictOf(asked, 'other.example.com', listed).allowed).toBe(allowed);
  });

  it.each([
    '10.1',
    '10.0.1',
    '10',
    '167772161',
    '0x0a000001',
    '0xA000001',
    '0x0a.0.0.1',
    '012.0.0.1',
    '010.0.0.1',
    '10.0.0.01',
    '10.0.0.0x1',
    '10.0.0.1.',
    '10.0.0.256',
    '10.0.0.1.2',
    '4294967296',
    '10.0.0x',
    'nfs.1',
    'nfs.0x1f',
    '::ffff:010.0.0.1',
    '::ffff:10.1',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '[::1]',
    '::1]:/exports#',
    'nfs.example.com:2049',
    '1.2.3.4:/etc',
    '１０.0.0.1',
    'ⅰ.example.com',
    'nfs。example。com',
    'nfs.example.com ',
    ' nfs.example.com',
    'nfs.example.com\n',
    'nfs.example.com\u0000',
    'nfs.example.com/x',
    '-o.example.com',
    '.example.com',
    'a,b',
    '*',
    '',
    'a'.repeat(254),
  ])('that is no clear name of one can be allowed by no policy: %j', (server) => {
    expect(verdictOf(server, server, '10.0.0.1', 'nfs.example.com', '::1')).toMatchObject({
      allowed: false,
      message: expect.stringMatching(/^no StoragePolicy can allow the server .*: whoever reads it/) as string,
      hint: expect.stringContaining('an IPv4 address as four decimal numbers') as string,
    });
  });

  it.each(['10.1', '010.0.0.1', '0x1', ':::', 'fe80::1%1', '10.0.0.1.'])(
    'may not be listed as %s',
    (server) => {
      const { spec } = policy('p', { nfs: [{ servers: [server], pathPrefixes: ['/'] }] });
      expect(StoragePolicySpec.safeParse(spec).success).toBe(false);
    },
  );

  const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,3}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
  const server = fc.oneof(
    name,
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map((ip) => `::ffff:${ip}`),
    fc.string({ maxLength: 8 }),
    fc.constantFrom('a', 'A', 'a.', 'a.b', 'b.a', '::1', '0::1', '10.0.0.1', '10.1', '::ffff:a00:1'),
  );

  /** What a server is, worked out bit by bit. */
  const identityOf = (text: string): string => {
    if (!isIPv6(text)) return isIPv4(text) ? text : text.toLowerCase().replace(/\.$/, '');
    const dotted = text.replace(/[0-9.]+$/, (end) => {
      if (!isIPv4(end)) return end;
      const [a = 0, b = 0, c = 0, d = 0] = end.split('.').map(Number);
      return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    });
    const [before = [], after] = dotted
      .split('::')
      .map((half) => half.split(':').filter((group) => group !== ''));
    const groups = [before, after ?? []].map((half) => half.map((group) => parseInt(group, 16)));
    const [first = [], last = []] = groups;
    const all = [...first, ...(Array(8 - first.length - last.length).fill(0) as number[]), ...last];
    const [g = 0, h = 0] = all.slice(6);
    const mapped = all.slice(0, 5).every((group) => group === 0) && all[5] === 0xffff;
    return mapped ? [g >> 8, g & 255, h >> 8, h & 255].join('.') : all.join(':');
  };

  it('is never allowed where it is another than the listed', () => {
    fc.assert(
      fc.property(server, fc.array(server, { maxLength: 4 }), (asked, listed) => {
        if (verdictOf(asked, ...listed).allowed) {
          expect(listed.map(identityOf)).toContain(identityOf(asked));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('that is an address is allowed however it and the listed one are written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const groups = identityOf(address);
        const long = groups.includes('.')
          ? address
          : groups
              .split(':')
              .map((group) => Number(group).toString(16).padStart(4, '0').toUpperCase())
              .join(':');
        expect(verdictOf(address, long).allowed).toBe(true);
        expect(verdictOf(long, address).allowed).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
