import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEASES } from '../../src/kube/builtin.ts';
import { PODS } from '../../src/kube/core.ts';
import { keyOf, parseKey } from '../../src/kube/object.ts';
import { objectOf, pathOf, type Place, type Resource } from '../../src/kube/resource.ts';
import { thrownBy } from '../support/thrown.ts';

const NODES: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

describe('pathOf', () => {
  it.each<[Resource, Place, string]>([
    [PODS, { namespace: 'a', name: 'b' }, '/api/v1/namespaces/a/pods/b'],
    [PODS, { namespace: 'a', name: 'b', subresource: 'log' }, '/api/v1/namespaces/a/pods/b/log'],
    [PODS, { namespace: 'a' }, '/api/v1/namespaces/a/pods'],
    [PODS, {}, '/api/v1/pods'],
    [NODES, { name: 'n1' }, '/api/v1/nodes/n1'],
    [NODES, { namespace: 'ignored', name: 'n1' }, '/api/v1/nodes/n1'],
    [LEASES, { namespace: 'a', name: 'b' }, '/apis/coordination.k8s.io/v1/namespaces/a/leases/b'],
    [NODES, { name: 'system:node?x#y' }, '/api/v1/nodes/system%3Anode%3Fx%23y'],
  ])('%#: %o', (resource, place, path) => {
    expect(pathOf(resource, place)).toBe(path);
  });

  it('refuses a name without a namespace', () => {
    expect(thrownBy(() => pathOf(PODS, { name: 'b' })).code).toBe('Internal');
  });

  it('never leaves its collection, whatever the name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('.', '..', 'a/../b', '%2e%2e', '')),
        (name) => {
          let path: string;
          try {
            path = pathOf(NODES, { name });
          } catch {
            return;
          }
          const resolved = new URL(path, 'https://server').pathname;
          expect(resolved).toBe(path);
          expect(resolved).toMatch(/^\/api\/v1\/nodes\/[^/]+$/);
        },
      ),
    );
  });
});

describe('keys', () => {
  it.each([
    [{ namespace: 'a', name: 'b' }, 'a/b'],
    [{ name: 'b' }, 'b'],
  ])('%o is %s and back', (place, key) => {
    expect(keyOf(place)).toBe(key);
    expect(parseKey(key)).toEqual(place);
  });
});

describe('objectOf', () => {
  it('gives an object from a list its kind', () => {
    const metadata = { name: 'b', uid: 'u', resourceVersion: '1' };
    expect(objectOf(LEASES, { metadata })).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata,
    });
  });

  it.each([[undefined], [null], ['text'], [{}], [{ metadata: { name: 'b' } }], [{ metadata: null }]])(
    'refuses %o',
    (document) => {
      expect(thrownBy(() => objectOf(PODS, document)).code).toBe('ClusterFailed');
    },
  );
});
