import { describe, expect, it } from 'vitest';
import type { StoragePolicy } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import type { PolicyRequest } from '../../src/policy/request.ts';
import { policy, request, requestFor } from './support/policies.ts';

const LOCAL = (pathPrefixes: string[], labels?: Record<string, string>) => ({
  nodeSelector: labels === undefined ? {} : { matchLabels: labels },
  pathPrefixes,
});

describe('a version', () => {
  it.each<[what: string, policies: StoragePolicy[], asked: PolicyRequest, policy: string, prefix: string]>([
    ['by the one policy', [policy('a')], request(), 'a', '/data'],
    [
      'by the exact path',
      [policy('a', { localStorage: [LOCAL(['/data/bert'])] })],
      request(),
      'a',
      '/data/bert',
    ],
    ['by the root', [policy('a', { localStorage: [LOCAL(['/'])] })], request(), 'a', '/'],
    [
      'by the longest of several prefixes',
      [policy('a', { localStorage: [LOCAL(['/', '/data/bert', '/data'])] })],
      request(),
      'a',
      '/data/bert',
    ],
    [
      'by the longest prefix of several rules',
      [policy('a', { localStorage: [LOCAL(['/data']), LOCAL(['/data/bert']), LOCAL(['/'])] })],
      request(),
      'a',
      '/data/bert',
    ],
    [
      'by the rule for its node',
      [
        policy('a', {
          localStorage: [LOCAL(['/data/bert'], { disk: 'hdd' }), LOCAL(['/data'], { disk: 'nvme' })],
        }),
      ],
      request(),
      'a',
      '/data',
    ],
    [
      'by the label of its namespace',
      [policy('a', { namespaceSelector: { matchLabels: { team: 'a' } } })],
      request(),
      'a',
      '/data',
    ],
    ['by the first by name', [policy('c'), policy('a'), policy('b')], request(), 'a', '/data'],
    [
      'by the policy with the longest prefix',
      [policy('a'), policy('b', { localStorage: [LOCAL(['/data/bert'])] }), policy('c')],
      request(),
      'b',
      '/data/bert',
    ],
    [
      'by the one of several that allows all of it',
      [
        policy('a', { localStorage: [LOCAL(['/data/bert'])], targets: ['other.example.com'] }),
        policy('b'),
        policy('c', { localStorage: [] }),
      ],
      request(),
      'b',
      '/data',
    ],
    [
      'beside policies that are not valid',
      [policy('a', { targets: [] }), { ...policy('b'), spec: null as never }, policy('c')],
      request(),
      'c',
      '/data',
    ],
    [
      'as somebody',
      [policy('a'), policy('b', { runAs: { users: [{ min: 1000, max: 1000 }] } })],
      request({ securityContext: { runAsUser: 1000 } }),
      'b',
      '/data',
    ],
    ['with a slash at the end', [policy('a')], requestFor('/data/'), 'a', '/data'],
    ['with any base', [policy('a')], request({ base: 'elsewhere.example.com/base:v1' }), 'a', '/data'],
  ])('is allowed %s', (_, policies, asked, ...[name, prefix]) => {
    const limits = { bytes: undefined, seconds: undefined };
    const allowed = { allowed: true, policy: name, prefix, mountOptions: [], limits };
    expect(decide(policies, asked)).toEqual(allowed);
    expect(decide(policies.toReversed(), asked)).toEqual(allowed);
  });

  const other = { namespaceSelector: { matchLabels: { team: 'b' } } };
  const closed = { allowed: false } as const;

  it.each<[what: string, policies: StoragePolicy[], asked: PolicyRequest]>([
    ['without policies', [], request()],
    ['by a policy for another namespace', [policy('a', other)], request()],
    [
      'by a policy for a namespace of another name',
      [policy('a', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'team-b' } } })],
      request(),
    ],
    ['by a policy without storage', [policy('a', { localStorage: [] })], request()],
    ['on another node', [policy('a', { localStorage: [LOCAL(['/data'], { disk: 'hdd' })] })], request()],
    ['from beside the directory', [policy('a')], requestFor('/database')],
    ['from above the directory', [policy('a')], requestFor('/')],
    ['through ..', [policy('a')], requestFor('/data/../etc')],
    ['with two slashes at the end', [policy('a')], requestFor('/data//')],
    ['to another registry', [policy('a', { targets: ['other.example.com'] })], request()],
    ['to a sibling', [policy('a')], request({ imageRepo: 'registry.example.com/team-ab/bert' })],
    ['as somebody', [policy('a')], request({ securityContext: { runAsUser: 1000 } })],
    [
      'by one policy for the storage and one for the target',
      [policy('a', { targets: ['other.example.com'] }), policy('b', { localStorage: [] })],
      request(),
    ],
    [
      'by one policy for the node and one for the path',
      [
        policy('a', { localStorage: [LOCAL(['/data'], { disk: 'hdd' })] }),
        policy('b', { localStorage: [LOCAL(['/other'], { disk: 'nvme' })] }),
      ],
      request(),
    ],
    [
      'by one rule for the node and one for the path',
      [policy('a', { localStorage: [LOCAL(['/data'], { disk: 'hdd' }), LOCAL(['/other'])] })],
      request(),
    ],
    ['from a node that does not exist', [policy('a')], request({}, { node: undefined })],
    ['from NFS', [policy('a')], request({ storage: { nfs: { server: 'nfs', path: '/data' } } })],
    ['from EFS', [policy('a')], request({ storage: { AWSEfs: { volumeHandle: 'fs-01234567' } } })],
    ['from a claim', [policy('a')], request({ storage: { persistentVolumeClaim: { claimName: 'a' } } })],
    [
      'from a storage of another kind',
      [policy('a')],
      request({ storage: { hostPath: { path: '/data' } } as object }),
    ],
    [
      'from two storages',
      [policy('a')],
      request({
        storage: { localStorage: { path: '/data/bert' }, nfs: { server: 'nfs', path: '/data' } },
      }),
    ],
    ['from no storage', [policy('a')], request({ storage: {} })],
    ['into a layout', [policy('a')], request({ imageRepo: 'oci:/data/images' })],
    ['by a policy without targets', [policy('a', { targets: [] })], request()],
    ['by a policy with a field that is not known', [policy('a', { nodes: [] } as object)], request()],
    [
      'by a policy with a prefix that is no path',
      [policy('a', { localStorage: [LOCAL(['/data', '/x/..'])] })],
      request(),
    ],
    [
      'by a policy with a range the wrong type',
      [policy('a', { runAs: { users: [{ min: '1' as never, max: 2 }] } })],
      request(),
    ],
    ['by a policy without a selector', [policy('a', { namespaceSelector: undefined as never })], request()],
    [
      'by a policy with a selector of another operator',
      [
        policy('a', {
          namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Gt' as never, values: [''] }] },
        }),
      ],
      request(),
    ],
    [
      'by a policy that Kubernetes would not select by',
      [policy('a', { namespaceSelector: { matchExpressions: [{ key: 'x', operator: 'NotIn' }] } })],
      request(),
    ],
    ['by a policy that is nothing', [{ ...policy('a'), spec: undefined as never }], request()],
  ])('is not allowed %s', (_, policies, asked) => {
    expect(decide(policies, asked)).toMatchObject(closed);
    expect(decide(policies.toReversed(), asked)).toEqual(decide(policies, asked));
  });
});
