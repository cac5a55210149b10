import { isIP } from 'node:net';
import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as grammars from '../../src/api/grammar.ts';

type Name = keyof typeof grammars;

function accepts(name: Name, text: string): boolean {
  return text.length <= grammars[name].max && new RegExp(`^${grammars[name].pattern}$`).test(text);
}

const DIGEST = `sha256:${'0'.repeat(64)}`;

const FS = 'fs-0123456789abcdef0';
const AP = 'fsap-0123456789abcdef0';

const GOOD: Record<Name, string[]> = {
  OBJECT_NAME: ['a', 'bert-v3', 'bert.v3', '3', 'a'.repeat(253)],
  NAMESPACE: ['default', 'team-a', 'a'.repeat(63)],
  NODE_NAME: ['worker-7', 'ip-10-0-0-1.ec2.internal'],
  QUALIFIED_KEY: ['team', 'example.com/team', 'A_b.c-D', `${'a'.repeat(253)}/${'b'.repeat(63)}`],
  LABEL_VALUE: ['', 'a', 'V1.2_3-x', 'a'.repeat(63)],
  LINE: ['', 'tfjob-42', 'Käthe & co'],
  PROSE: ['', 'two\nlines\tand a tab'],
  ABSOLUTE_PATH: ['/', '/a', '/data/my model', '/data/..a', '/data/.a', '/data/...', '/ü', '/a:b'],
  IMAGE_TAG: ['v3', '_', '1.0', 'a'.repeat(128)],
  IMAGE_REPOSITORY: [
    ...[
      'bert',
      'jdoe/bert',
      'localhost/a',
      'localhost:5000/a',
      'R.example.com/a/b/c',
      '10.0.0.1:5000/a',
      '[::1]:5000/a',
    ],
    ...['a/b__c.d---e', 'oci:/', 'oci:/images', 'oci:/my images/a'],
  ],
  REPOSITORY_PREFIX: [
    ...['registry.example.com', 'R.example.com:5000', 'localhost:5000/a', 'registry.example.com/team-a'],
    ...['r.io/a/b__c.d---e', '10.0.0.1:5000', '[::1]:5000/a', 'docker.io/jdoe', 'registry'],
  ],
  IMAGE_REFERENCE: [
    'busybox',
    'busybox:1.37',
    `r.io:5000/a:v1@${DIGEST}`,
    `a@${DIGEST}`,
    'oci:/a',
    'oci:/a:v1',
  ],
  SERVER: ['nfs', 'nfs.example.com', '10.0.0.1', '::1', 'fe80::1', '::ffff:10.0.0.1'],
  EFS_PATH: ['/', '/a', '/data/my model', '/data/..a', '/...'],
  IP_ADDRESS: [
    ...[
      '10.0.0.5',
      '0.0.0.0',
      '255.249.199.99',
      'fd00::1',
      '::',
      '1::',
      '::ffff:10.0.0.1',
      '1:2:3:4:5:6:7:8',
    ],
    ...['1:2:3:4:5:6:10.0.0.1', '1:2:3:4:5:6:7::', '1::3:4:5:6:7:8'],
  ],
  MOUNT_OPTION: [
    ...['nfsvers=3', 'nfsvers=4.2', 'vers=4', 'nconnect=1', 'nconnect=16', 'rsize=1048576', 'timeo=50'],
    ...['timeo=1', 'timeo=6000', 'retrans=0', 'retrans=10', 'port=65535', 'mountport=65535', 'actimeo=3600'],
    ...['rsize=1024', 'rsize=524288', 'actimeo=0'],
    ...['retrans=3', 'port=20049', 'mountport=635', 'actimeo=60', 'proto=rdma', 'proto=tcp6', 'sec=krb5p'],
    ...['nolock', 'resvport', 'noresvport', 'noatime'],
  ],
  QUANTITY: ['1', '500G', '200Gi', '999999999999999', '1k'],
  STORAGE_PATH: ['/', '/a', '/a/', '/data/my model/', '/data/..a/', '/...', '/a:b'],
  CLAIM_PATH: ['/', 'a', '/a', 'a/', '/a/b/', 'my models/..a', '...'],
  EFS_FILE_SYSTEM: ['fs-01234567', FS, `fs-${'0'.repeat(40)}`],
  EFS_ACCESS_POINT: ['fsap-01234567', AP, `fsap-${'0'.repeat(40)}`],
  EFS_VOLUME_HANDLE: [
    ...[FS, `${FS}:/a`, `${FS}:/a/b/:${AP}`, `${FS}::${AP}`, `${FS}:`, `${FS}::`, `${FS}:/`],
    ...[`${FS}:/:${AP}`, `${FS}:/a:`, `${FS}:/..a/my model`, 'fs-01234567:/a:fsap-01234567'],
  ],
};

const BAD: Record<Name, string[]> = {
  OBJECT_NAME: ['', 'A', '-a', 'a-', 'a..b', '.a', 'a.', 'a_b', 'a/b', 'a\n', 'a'.repeat(254)],
  NAMESPACE: ['', 'a.b', 'a'.repeat(64)],
  NODE_NAME: ['', 'Worker', 'a b'],
  QUALIFIED_KEY: ['', 'a b', '/a', 'a/', 'a/b/c', 'EXAMPLE/a', '-a', 'a'.repeat(64)],
  LABEL_VALUE: ['-', 'a ', 'a/b', 'a'.repeat(64)],
  LINE: ['a\nb', 'a\u001b[31m', '\u0000', 'a'.repeat(1025)],
  PROSE: ['\u0000', '\u001b', 'a'.repeat(16385)],
  ABSOLUTE_PATH: [
    '',
    'a',
    './a',
    '//',
    '//a',
    '/a/',
    '/a//b',
    '/.',
    '/..',
    '/a/.',
    '/a/..',
    '/a/../b',
    '/a\nb',
    '/a\u0000',
  ],
  IMAGE_TAG: ['', '.a', '-a', 'a/b', 'a:b', 'ü', 'a'.repeat(129)],
  IMAGE_REPOSITORY: [
    ...[
      '',
      'a:v1',
      `a@${DIGEST}`,
      'a/b:v1',
      'r.io:5000/a:v1',
      'A',
      'r.io/A',
      'a//b',
      '/a',
      'a/',
      'https://r.io/a',
      'a b',
    ],
    ...[
      'r.io:port/a',
      'r.io:123456/a',
      '-r.io/a',
      'oci:',
      'oci:a',
      'oci:./a',
      'oci:/a:v1',
      'oci:/a/../b',
      'oci:/a/',
    ],
  ],
  REPOSITORY_PREFIX: [
    ...[
      '',
      '/',
      'r.io/',
      '/a',
      'r.io//a',
      'r.io/A',
      'r.io/a:v1',
      'r.io/*',
      '*.r.io',
      'https://r.io',
      'r.io/a/../b',
    ],
    ...[
      'r.io:port',
      'r.io:123456',
      '-r.io',
      'r.io-',
      'r..io',
      'r.io/a/',
      'r_.io',
      'oci:/a',
      `r.io/a@${DIGEST}`,
      'r.io a',
    ],
    `r.io/${'a'.repeat(508)}`,
  ],
  IMAGE_REFERENCE: ['', 'a:', 'a@sha256:0', 'a:v1:v2', 'https://r.io/a', 'oci:a:v1', 'oci:/a:v1:v2'],
  SERVER: ['', '-o', 'a b', 'a,b', 'nfs:/path', 'a/b', '[::1]'],
  EFS_PATH: ['', 'a', '/a/', '//', '/a//b', '/a:b', '/..', '/a/../b', '/a\n'],
  IP_ADDRESS: [
    ...['', '10.0.0', '10.0.0.0.1', 'nfs.example.com', '[::1]', '10.0.0.1,port=1', 'fe80::1%eth0'],
    ...['010.0.0.5', '999.1.1.1', '10.0.0.256', '1:::::2', ':::', '1::2::3', '1:2', '::12345', 'abc.de', ':'],
    ...['::010.0.0.1', '::10.0.0.1:1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9'],
  ],
  MOUNT_OPTION: [
    ...[
      '',
      'rw',
      'ro',
      'defaults',
      'hard',
      'suid',
      'exec',
      'dev',
      'bg',
      'retry=100000',
      'nfsvers=4.9',
      'nconnect=17',
    ],
    ...[
      'nfsvers=4.1,rw',
      'timeo=',
      'timeo=a',
      'timeo=12345678',
      'timeo=9999999',
      'timeo=6001',
      'timeo=0',
      'retrans=9999999',
      'retrans=11',
      'port=65536',
      'mountport=99999',
      'actimeo=3601',
      'rsize=512',
      'rsize=1048577',
      'sec=none',
      'nolock ',
      'nolock\n',
      'context=x',
    ],
  ],
  QUANTITY: ['', '0', '01', '1.5Gi', '-1', '1gi', '1 Gi', '1Ki0', '1e3', '1m', '1234567890123456'],
  STORAGE_PATH: ['', 'a', '//', '/a//', '//a', '/.', '/..', '/a/.', '/a/../', '/a/./b', '/a\n', '/a\u0000'],
  CLAIM_PATH: [
    '',
    '//',
    'a//b',
    'a//',
    '//a',
    '.',
    '..',
    '../a',
    './a',
    'a/..',
    'a/../',
    '/..',
    'a\n',
    'a\u0000',
  ],
  EFS_FILE_SYSTEM: [
    '',
    'fs-',
    'fs-1',
    'fs-0123456',
    `fs-${'0'.repeat(41)}`,
    'FS-01234567',
    'fs-0123456G',
    `${FS}:`,
  ],
  EFS_ACCESS_POINT: ['', 'fsap-', 'fsap-1', `fsap-${'0'.repeat(41)}`, 'fs-01234567', 'fsap-0123456G'],
  EFS_VOLUME_HANDLE: [
    ...['', 'fs-', 'fs-1', 'fs-0123456', 'vol-01234567', `${FS}/a`, `${FS},tls`, `${FS}:a`, `${FS}://`],
    ...[`${FS}:/a//`, `${FS}://a`, `${FS}:/a/../b`, `${FS}:/a:ap-2`, `${FS}:/a:fsap-1`, `${FS}:/a:${AP}:x`],
    ...[`efs:${FS}`, `s3files:${FS}`, `${FS}:${AP}`, `${FS}:/a\n`, FS.toUpperCase()],
  ],
};

describe.each(Object.keys(GOOD) as Name[])('%s', (name) => {
  it.each(GOOD[name])('accepts %j', (text) => expect(accepts(name, text)).toBe(true));
  it.each(BAD[name])('refuses %j', (text) => expect(accepts(name, text)).toBe(false));

  it('is an expression that the API server can read, in a raw string of a CEL rule', () => {
    // RE2 has no look-around, no back-references, and no possessive or atomic groups.
    expect(grammars[name].pattern).not.toMatch(/\(\?[^:]|\\[1-9]|\\k|[*+?]\+|'/);
  });

  it('is decided quickly', () => {
    const start = performance.now();
    for (const piece of [
      'a',
      '-',
      '.',
      '/',
      '/.',
      'a-',
      'a.',
      'a/',
      '/a',
      ':',
      'oci:/',
      'fs-01234567:/',
      'fs-01234567:',
      '/a/',
      '0',
      '_',
      '__',
      'a__',
    ]) {
      const text = piece.repeat(grammars[name].max / piece.length);
      for (const end of ['', '!', '\n', ':']) new RegExp(`^${grammars[name].pattern}$`).test(text + end);
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('a path', () => {
  it('is accepted exactly when it is absolute and normalised', () => {
    const text = fc.string({ unit: fc.constantFrom('/', '/', '.', '.', 'a', ' ', ':', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(text, (path) => {
        const normal =
          posix.isAbsolute(path) && posix.normalize(path) === path && (path === '/' || !path.endsWith('/'));
        expect(accepts('ABSOLUTE_PATH', path)).toBe(normal && !path.includes('\n'));
        expect(accepts('IMAGE_REPOSITORY', `oci:${path}`)).toBe(normal && !/[\n:]/.test(path));
      }),
      { numRuns: 3000 },
    );
  });

  it('of a storage may have a slash at its end, and of a claim none at its beginning', () => {
    const text = fc.string({ unit: fc.constantFrom('/', '/', '.', '.', 'a', ' ', ':', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(text, (path) => {
        const bare = /[^/]\/$/.test(path) ? path.slice(0, -1) : path;
        expect(accepts('STORAGE_PATH', path)).toBe(accepts('ABSOLUTE_PATH', bare));
        const absolute = path.startsWith('/') || path === '' ? path : `/${path}`;
        expect(accepts('CLAIM_PATH', path)).toBe(accepts('STORAGE_PATH', absolute));
        const inHandle = accepts('STORAGE_PATH', path) && !path.includes(':');
        if (!path.includes(':') && path !== '')
          expect(accepts('EFS_VOLUME_HANDLE', `${FS}:${path}`)).toBe(inHandle);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('an IP address', () => {
  it('is accepted in every way that programs write it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        expect(accepts('IP_ADDRESS', text)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused in ways that no program reads, but for the number of groups', () => {
    const text = fc.string({
      unit: fc.constantFrom(':', ':', '1', 'f', '.', '::', '1.2.3.4'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, (address) => {
        if (accepts('IP_ADDRESS', address) && isIP(address) === 0)
          expect(address.split(/[:.]+/).length).toBeGreaterThan(8);
        if (isIP(address) !== 0) expect(accepts('IP_ADDRESS', address)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
