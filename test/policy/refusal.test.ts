import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ABSOLUTE_PATH } from '../../src/api/grammar.ts';
import { StoragePolicy } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import type { PolicyRequest } from '../../src/policy/request.ts';
import { policy, request, requestFor } from './support/policies.ts';

function refusalOf(
  policies: readonly StoragePolicy[],
  asked: PolicyRequest,
): { message: string; hint: string } {
  const verdict = decide(policies, asked);
  if (verdict.allowed) throw new Error(`was allowed by ${String(verdict.policy)}`);
  return verdict;
}

/** The YAML of a hint, as a reader of YAML 1.1 such as kubectl has it. */
function hinted({ hint }: { hint: string }): unknown[] {
  const [, ...yaml] = hint.split('\n');
  return parseAllDocuments(yaml.join('\n'), { version: '1.1' }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
}

describe('the message of a refusal', () => {
  const READ = 'read "/data/bert" on node "worker-7"';
  const SEND = 'send to "registry.example.com/team-a/bert"';
  const BOTH = `${READ} or ${SEND}`;

  it.each<[what: string, policies: StoragePolicy[], asked: PolicyRequest, message: string]>([
    ['no policy', [], request(), `namespace "team-a" may not ${BOTH}: no StoragePolicy is for it`],
    [
      'no policy for the namespace',
      [policy('b', { namespaceSelector: { matchLabels: { team: 'b' } } })],
      request(),
      `namespace "team-a" may not ${BOTH}: no StoragePolicy is for it`,
    ],
    [
      'another target',
      [policy('a', { targets: ['r.io/a', 'r.io/b', 'r.io/c'] })],
      request(),
      `namespace "team-a" may not ${SEND}: its StoragePolicy "a" allows to ${READ}, but only the targets "r.io/a", "r.io/b" and 1 more`,
    ],
    [
      'another directory',
      [policy('a', { localStorage: [{ nodeSelector: {}, pathPrefixes: ['/models'] }] })],
      request(),
      `namespace "team-a" may not ${READ}: its StoragePolicy "a" allows to ${SEND}, but only "/models" on that node`,
    ],
    [
      'another node',
      [
        policy('a', {
          localStorage: [{ nodeSelector: { matchLabels: { disk: 'hdd' } }, pathPrefixes: ['/data'] }],
        }),
      ],
      request(),
      `namespace "team-a" may not ${READ}: its StoragePolicy "a" allows to ${SEND}, but nothing on that node`,
    ],
    [
      'everything else',
      [policy('a', { localStorage: [], targets: ['r.io'] })],
      request({ securityContext: { runAsUser: 1000 } }),
      `namespace "team-a" may not ${BOTH} or read as user 1000: its StoragePolicy "a" allows nothing on that node and only the targets "r.io" and no other user or group than those of the builder`,
    ],
    [
      'somebody else',
      [
        policy('b', { targets: ['r.io'] }),
        policy('c', { runAs: { users: [{ min: 1, max: 9 }] } }),
        policy('a', { localStorage: [] }),
      ],
      request({ securityContext: { runAsUser: 1000 } }),
      `namespace "team-a" may not read as user 1000: of its 3 StoragePolicies "c" comes closest and allows to ${READ} and to ${SEND}, but only users 1 to 9`,
    ],
    [
      'policies that are not valid',
      [policy('y', { targets: [] }), policy('x', { targets: ['-'] }), policy('z', { targets: [] })],
      request(),
      `namespace "team-a" may not ${BOTH}: no StoragePolicy is for it; not valid, so of no effect: "x", "y" and 1 more`,
    ],
    [
      'another storage',
      [policy('a')],
      request({ storage: { hostPath: { path: '/data' } } as object }),
      'no StoragePolicy can allow the storage "hostPath": there are no rules for it',
    ],
    [
      'two storages',
      [policy('a')],
      request({ storage: { nfs: { server: 'a', path: '/' }, AWSEfs: { volumeHandle: 'fs-01234567' } } }),
      'no StoragePolicy can allow the storage "nfs", "AWSEfs": there are no rules for it',
    ],
    [
      'no storage',
      [policy('a')],
      request({ storage: {} }),
      'no StoragePolicy can allow the storage none: there are no rules for it',
    ],
    [
      'a path with ..',
      [policy('a')],
      requestFor('/data/../etc'),
      'no StoragePolicy can allow the path "/data/../etc": it does not say by itself where it leads',
    ],
    [
      'a node that is not there',
      [policy('a')],
      request({}, { node: undefined }),
      'no StoragePolicy can allow "/data/bert" on the node "worker-7": there is no such node',
    ],
    [
      'a layout',
      [policy('a')],
      request({ imageRepo: 'oci:/images' }),
      'no StoragePolicy can allow the target "oci:/images": it is no repository in a registry',
    ],
  ])('says what is not allowed and what comes closest: %s', (_, policies, asked, message) => {
    expect(refusalOf(policies, asked).message).toBe(message);
  });
});

describe('the hint of a refusal', () => {
  it('is the smallest policy that allows it', () => {
    const asked = request({
      securityContext: { runAsUser: 1000, runAsGroup: 65_532, supplementalGroups: [7, 6] },
    });
    expect(refusalOf([], asked).hint)
      .toBe(`The smallest StoragePolicy that allows it, for an administrator to apply:
apiVersion: model.kubedl.io/v1alpha1
kind: StoragePolicy
metadata:
  name: team-a
spec:
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: team-a
  localStorage:
    - nodeSelector:
        matchLabels:
          kubernetes.io/hostname: worker-7.local
      pathPrefixes:
        - /data/bert
  targets:
    - registry.example.com/team-a/bert
  runAs:
    users:
      - min: 1000
        max: 1000
    groups:
      - min: 6
        max: 6
      - min: 7
        max: 7`);
  });

  it('takes the name of no policy that is there, valid or not', () => {
    const there = [policy('team-a', { targets: ['r.io'] }), policy('team-a-2', { targets: [] })];
    expect(hinted(refusalOf(there, request()))).toMatchObject([{ metadata: { name: 'team-a-3' } }]);
  });

  it.each(['on', 'yes', 'null', '1e3', '0x1f', '2026-01-01', '1_000', '12.30'])(
    'keeps a label that YAML reads as something else: %s',
    (hostname) => {
      const asked = request({}, { node: { name: 'w', labels: { 'kubernetes.io/hostname': hostname } } });
      expect(decide(hinted(refusalOf([], asked)) as StoragePolicy[], asked)).toMatchObject({ allowed: true });
    },
  );

  // What a path may hold: whatever is no control character of ASCII, `"`, `'`, `#`, `: ` and `{` included.
  const name = fc
    .oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
      fc.constantFrom(
        '- a',
        'a: b',
        '"',
        "'",
        '#',
        ' #x',
        '{a}',
        '[a]',
        '&a',
        '*a',
        '!!str',
        '|',
        '>',
        '%',
        '@',
        '`',
      ),
      fc.constantFrom(
        '\u0085',
        '\u2028kind: Secret',
        '\u2029',
        '\ufeff',
        '\u202e',
        '\ufffe',
        '\u{e0001}',
        '---',
        '\\n',
      ),
    )
    // eslint-disable-next-line no-control-regex
    .filter((text) => !/[/\u0000-\u001f\u007f]/.test(text) && text !== '.' && text !== '..');
  const path = fc.array(name, { maxLength: 5 }).map((names) => `/${names.join('/')}`);
  const id = fc.integer({ min: 1, max: 2_147_483_647 });
  const securityContext = fc.record(
    { runAsUser: id, runAsGroup: id, supplementalGroups: fc.array(id, { maxLength: 16 }) },
    { requiredKeys: [] },
  );
  const imageRepo = fc.constantFrom(
    'bert',
    'jdoe/bert',
    'docker.io/a/b',
    'R.io:5000/a',
    'localhost/a',
    '[::1]:5000/a__b/c',
  );
  const hostname = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
  const namespace = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const asked = fc
    .record({ path, securityContext, imageRepo, hostname, namespace })
    .map(({ path, hostname, namespace, ...spec }) =>
      request(
        { ...spec, storage: { localStorage: { path, nodeName: 'w' } } },
        {
          namespace: { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace } },
          node: { name: 'w', labels: { 'kubernetes.io/hostname': hostname } },
        },
      ),
    );

  it('allows the request, this path and no more, when exactly it is applied', () => {
    fc.assert(
      fc.property(asked, (each) => {
        const refusal = refusalOf([], each);
        const [applied, ...more] = hinted(refusal);
        expect(more).toEqual([]);
        const smallest = StoragePolicy.parse(applied);
        const { path = '' } = each.spec.storage.localStorage ?? {};
        expect(decide([smallest], each)).toMatchObject({
          allowed: true,
          policy: each.namespace.name,
          prefix: path,
        });
        expect(decide([smallest], request({}, { node: each.node })).allowed).toBe(false);
        // What a terminal or a reader of YAML could take for something else is escaped.
        expect(refusal.hint).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 2000 },
    );
  });

  it('is left out where it would be too long', () => {
    const unseen = requestFor(`/${'\u202e'.repeat(600)}`);
    expect(refusalOf([], unseen).hint).toMatch(/too long to be shown here/);
  });

  it('is there for the longest path that people write', () => {
    const longest = requestFor(`/${'a/'.repeat(ABSOLUTE_PATH.max / 2 - 1)}a`);
    expect(hinted(refusalOf([], longest))).toHaveLength(1);
  });

  it('is short with its message, whatever is asked for and whatever there is', () => {
    const long = fc.oneof(
      path,
      fc.string({ unit: 'binary', maxLength: 5000, size: 'max' }).map((text) => `/${text}`),
      fc.constantFrom('"', '\u202e', '\u{e0001}', 'a').map((text) => `/${text.repeat(2047)}`),
    );
    const policies = [
      policy('a'.repeat(253), {
        localStorage: [{ nodeSelector: {}, pathPrefixes: Array(8).fill(`/${'x'.repeat(4095)}`) as string[] }],
      }),
      policy('b'.repeat(253), { targets: Array(64).fill(`r.io/${'x'.repeat(500)}`) as string[] }),
      ...['x', 'y', 'z'].map((letter) => policy(letter.repeat(253), { targets: [] })),
    ];
    const groups = Array.from({ length: 16 }, (_, index) => 2_147_483_600 + index);
    fc.assert(
      fc.property(long, fc.string({ maxLength: 5000 }), (path, imageRepo) => {
        const { message, hint } = refusalOf(policies, {
          ...request({
            storage: { localStorage: { path, nodeName: 'n'.repeat(253) } },
            imageRepo: imageRepo.length > 50 ? imageRepo : `r.io/${'x'.repeat(200)}`,
            securityContext: {
              runAsUser: 2_147_483_647,
              runAsGroup: 2_147_483_646,
              supplementalGroups: groups,
            },
          }),
        });
        expect(message.length + hint.length).toBeLessThan(6 * 1024);
        expect(message).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u);
      }),
      { numRuns: 300 },
    );
  });
});
