import { describe, expect, it } from 'vitest';
import type { StoragePolicySpec } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import { policy, requestOf } from './support/policies.ts';

type Rule = NonNullable<StoragePolicySpec['nfs']>[number];

function verdictOf(path: string, ...nfs: Rule[]) {
  return decide([policy('p', { nfs })], requestOf({ nfs: { server: 'nfs.example.com', path } }));
}

function rule(pathPrefixes: string[], more: Partial<Rule> = {}): Rule {
  return { servers: ['nfs.example.com'], pathPrefixes, ...more };
}

const OTHER = rule(['/exports', '/'], { servers: ['other.example.com'] });

describe('a directory of an NFS server', () => {
  it.each<[path: string, rules: Rule[], prefix: string]>([
    ['/exports/bert', [rule(['/exports'])], '/exports'],
    ['/exports/bert/', [rule(['/exports'])], '/exports'],
    ['/exports', [rule(['/exports'])], '/exports'],
    ['/exports/', [rule(['/exports'])], '/exports'],
    ['/', [rule(['/'])], '/'],
    ['/exports/bert', [rule(['/'])], '/'],
    ['/exports/bert', [rule(['/', '/exports/bert', '/exports'])], '/exports/bert'],
    ['/exports/bert', [rule(['/']), rule(['/exports'])], '/exports'],
    ['/exports/bert', [OTHER, rule(['/exports/bert'])], '/exports/bert'],
    ['/exports/a:b, c', [rule(['/exports'])], '/exports'],
    ['/exports/...', [rule(['/exports'])], '/exports'],
  ])('%s is allowed by %j below %s', (path, rules, prefix) => {
    expect(verdictOf(path, ...rules)).toMatchObject({ allowed: true, policy: 'p', prefix, mountOptions: [] });
  });

  it.each<[path: string, rules: Rule[]]>([
    ['/exports/bert', []],
    ['/exports/bert', [OTHER]],
    ['/exports/bert', [OTHER, rule(['/models'])]],
    ['/exports', [rule(['/exports/bert'])]],
    ['/', [rule(['/exports'])]],
    ['/exportsx', [rule(['/exports'])]],
    ['/exports-2/bert', [rule(['/exports'])]],
    ['/Exports/bert', [rule(['/exports'])]],
    ['/exports/BERT', [rule(['/exports/bert'])]],
    ['/exports/../etc', [rule(['/exports'])]],
    ['/exports/..', [rule(['/exports', '/'])]],
    ['/exports/./bert', [rule(['/exports'])]],
    ['/exports//bert', [rule(['/exports'])]],
    ['//exports/bert', [rule(['/exports', '/'])]],
    ['/exports/bert//', [rule(['/exports'])]],
    ['/exports/bert/.', [rule(['/exports'])]],
    ['/exports/bert/../', [rule(['/exports'])]],
    ['exports/bert', [rule(['/exports', '/'])]],
    ['/exports/bert\u0000', [rule(['/exports'])]],
    ['/exports/bert\n', [rule(['/exports'])]],
    ['', [rule(['/'])]],
  ])('%j is not allowed by %j', (path, rules) => {
    expect(verdictOf(path, ...rules)).toMatchObject({ allowed: false });
  });

  it.each<[what: string, rules: Rule[], mountOptions: string[]]>([
    ['of its rule', [rule(['/exports'], { mountOptions: ['nfsvers=3', 'nolock'] })], ['nfsvers=3', 'nolock']],
    [
      'of the nearest rule',
      [
        rule(['/'], { mountOptions: ['nfsvers=3'] }),
        rule(['/exports'], { mountOptions: ['nfsvers=4.2'] }),
        rule(['/exports/bert/v1'], { mountOptions: ['nconnect=4'] }),
      ],
      ['nfsvers=4.2'],
    ],
    [
      'of the first of two',
      [rule(['/exports'], { mountOptions: ['nconnect=2'] }), rule(['/exports'])],
      ['nconnect=2'],
    ],
    ['of no rule of another server', [{ ...OTHER, mountOptions: ['nfsvers=3'] }, rule(['/exports'])], []],
  ])('is mounted with the options %s', (_, rules, mountOptions) => {
    expect(verdictOf('/exports/bert', ...rules)).toMatchObject({ allowed: true, mountOptions });
  });

  it.each<[rules: Rule[], message: string]>([
    [[], 'nothing on that server'],
    [[OTHER], 'nothing on that server'],
    [[rule(['/a', '/b']), rule(['/c'])], 'only "/a", "/b" and 1 more on that server'],
  ])('that is refused is told what %j allows', (rules, message) => {
    expect(verdictOf('/exports/bert', ...rules)).toMatchObject({
      message: `namespace "team-a" may not read "/exports/bert" on NFS server "nfs.example.com": its StoragePolicy "p" allows to send to "registry.example.com/team-a/bert", but ${message}`,
      hint: expect.stringContaining(`
  nfs:
    - servers:
        - nfs.example.com
      pathPrefixes:
        - /exports/bert
  targets:`) as string,
    });
  });
});
