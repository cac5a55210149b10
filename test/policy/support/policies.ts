import type { StoragePolicy, StoragePolicySpec } from '../../../src/api/storagepolicy.ts';
import type { ModelVersionSpec } from '../../../src/api/modelversion.ts';
import type { PolicyRequest } from '../../../src/policy/request.ts';

/** A policy for every namespace, which allows all that `REQUEST` asks for but for what is given. */
export function policy(name: string, spec: Partial<StoragePolicySpec> = {}): StoragePolicy {
  return {
    apiVersion: 'model.kubedl.io/v1alpha1',
    kind: 'StoragePolicy',
    metadata: { name },
    spec: {
      namespaceSelector: {},
      localStorage: [{ nodeSelector: {}, pathPrefixes: ['/data'] }],
      targets: ['registry.example.com/team-a'],
      ...spec,
    },
  };
}

const SPEC: ModelVersionSpec = {
  modelName: 'bert',
  imageRepo: 'registry.example.com/team-a/bert',
  storage: { localStorage: { path: '/data/bert', nodeName: 'worker-7' } },
};

const REQUEST: PolicyRequest = {
  namespace: { name: 'team-a', labels: { 'kubernetes.io/metadata.name': 'team-a', team: 'a' } },
  node: { name: 'worker-7', labels: { 'kubernetes.io/hostname': 'worker-7.local', disk: 'nvme' } },
  spec: SPEC,
  builder: 'stream',
};

/** A version of namespace team-a with a model on worker-7. */
export function request(
  spec: Partial<ModelVersionSpec> = {},
  more: Partial<PolicyRequest> = {},
): PolicyRequest {
  return { ...REQUEST, ...more, spec: { ...SPEC, ...spec } };
}

export function requestFor(path: string): PolicyRequest {
  return request({ storage: { localStorage: { path, nodeName: 'worker-7' } } });
}

/** A version with a model on another storage than a node's disk. */
export function requestOf(storage: ModelVersionSpec['storage']): PolicyRequest {
  return request({ storage }, { node: undefined });
}
