import { describe, expect, it } from 'vitest';
import { StoragePolicySpec } from '../../src/api/storagepolicy.ts';

const SMALL = { namespaceSelector: {}, targets: ['registry.example.com'] };
const LOCAL = { nodeSelector: {}, pathPrefixes: ['/data'] };

describe('a StoragePolicy', () => {
  it('may use every field', () => {
    const spec = {
      namespaceSelector: {
        matchLabels: { 'kubernetes.io/metadata.name': 'team-a' },
        matchExpressions: [
          { key: 'example.com/team', operator: 'In', values: ['a', ''] },
          { key: 'stage', operator: 'NotIn', values: ['prod'] },
          { key: 'models', operator: 'Exists' },
          { key: 'frozen', operator: 'DoesNotExist' },
        ],
      },
      localStorage: [
        { nodeSelector: { matchLabels: { disk: 'nvme' } }, pathPrefixes: ['/', '/data/models'] },
      ],
      targets: ['registry.example.com:5000', 'docker.io/jdoe'],
      runAs: { users: [{ min: 1000, max: 1999 }], groups: [{ min: 1, max: 1 }] },
    };
    expect(StoragePolicySpec.parse(spec)).toEqual(spec);
  });

  it.each<[what: string, spec: unknown]>([
    ['nothing', {}],
    ['no selector', { targets: SMALL.targets }],
    ['no targets', { namespaceSelector: {} }],
    ['an empty list of targets', { ...SMALL, targets: [] }],
    ['a target with a tag', { ...SMALL, targets: ['registry.example.com/a:v1'] }],
    ['a target with a wildcard', { ...SMALL, targets: ['*'] }],
    ['too many targets', { ...SMALL, targets: Array(65).fill('r.io') }],
    ['a relative prefix', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: ['data'] }] }],
    [
      'a prefix with a slash at its end',
      { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: ['/data/'] }] },
    ],
    ['a prefix with ..', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: ['/data/..'] }] }],
    ['no prefixes', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: [] }] }],
    ['too many prefixes', { ...SMALL, localStorage: [{ ...LOCAL, pathPrefixes: Array(9).fill('/data') }] }],
    ['too many rules', { ...SMALL, localStorage: Array(17).fill(LOCAL) }],
    ['no selector of nodes', { ...SMALL, localStorage: [{ pathPrefixes: ['/data'] }] }],
    [
      'another operator',
      { ...SMALL, namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Gt' }] } },
    ],
    ['a value that no label has', { ...SMALL, namespaceSelector: { matchLabels: { a: 'b c' } } }],
    ['a range the wrong way round', { ...SMALL, runAs: { users: [{ min: 2, max: 1 }] } }],
    ['root', { ...SMALL, runAs: { users: [{ min: 0, max: 1 }] } }],
    ['half a range', { ...SMALL, runAs: { groups: [{ min: 1 }] } }],
    ['a field that is not known', { ...SMALL, nfs: [] }],
  ])('may not have %s', (_, spec) => {
    expect(StoragePolicySpec.safeParse(spec).success).toBe(false);
  });
});
