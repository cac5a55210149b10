import type { KubeObject } from '../kube/object.ts';
import type { Resource } from '../kube/resource.ts';
import { GROUP, VERSION } from './group.ts';
import type { Model } from './model.ts';
import type { ModelVersion } from './modelversion.ts';
import type { StoragePolicy } from './storagepolicy.ts';

/**
 * Our kinds as an API server gives them. What KubeDL's CRDs let in may be there too, so a spec is checked before it is
 * built from.
 */
export interface ModelVersionObject extends KubeObject {
  readonly spec: ModelVersion['spec'];
  readonly status?: NonNullable<ModelVersion['status']>;
}

export interface ModelObject extends KubeObject {
  readonly spec?: NonNullable<Model['spec']>;
  readonly status?: NonNullable<Model['status']>;
}

export interface StoragePolicyObject extends KubeObject {
  readonly spec: StoragePolicy['spec'];
}

const ours = { group: GROUP, version: VERSION };

export const MODEL_VERSIONS: Resource<ModelVersionObject> = {
  ...ours,
  plural: 'modelversions',
  kind: 'ModelVersion',
  namespaced: true,
};

export const MODELS: Resource<ModelObject> = { ...ours, plural: 'models', kind: 'Model', namespaced: true };

export const STORAGE_POLICIES: Resource<StoragePolicyObject> = {
  ...ours,
  plural: 'storagepolicies',
  kind: 'StoragePolicy',
  namespaced: false,
};
