import { immutable } from './immutable.ts';
import { ModelSpec, ModelStatus } from './model.ts';
import { ModelVersionSpec } from './modelversion.ts';
import { ModelVersionStatus } from './status.ts';
import { StoragePolicySpec } from './storagepolicy.ts';
import { structuralOf, type Structural } from './structural.ts';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: shown by `kubectl get -o wide` only. */
  readonly priority?: number;
}

/** What the CRDs of our kinds differ in. */
export interface Kind {
  readonly kind: string;
  readonly description: string;
  readonly plural: string;
  readonly shortName: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** KubeDL's first, in its order. */
  readonly columns: readonly Column[];
  readonly spec: Structural;
  readonly specRequired: boolean;
  /** Undefined: it is only read by controllers, and has no status. */
  readonly status: Structural | undefined;
}

const AGE: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was made.',
};

export const MODEL: Kind = {
  kind: 'Model',
  description: 'A trained model: the name that its versions share.',
  plural: 'models',
  shortName: 'mo',
  scope: 'Namespaced',
  columns: [
    {
      name: 'Latest-Version',
      type: 'string',
      jsonPath: '.status.latestVersion.modelVersion',
      description: 'The version that last became ready.',
    },
    {
      name: 'Latest-Image',
      type: 'string',
      jsonPath: '.status.latestVersion.imageName',
      description: 'Its image.',
    },
    {
      name: 'Digest',
      type: 'string',
      jsonPath: '.status.latestVersion.digest',
      description: 'Digest of its image.',
      priority: 1,
    },
    {
      name: 'Versions',
      type: 'integer',
      jsonPath: '.status.versions',
      description: 'Number of its versions.',
    },
    AGE,
  ],
  spec: structuralOf(ModelSpec),
  specRequired: false,
  status: structuralOf(ModelStatus),
};

export const MODEL_VERSION: Kind = {
  kind: 'ModelVersion',
  description: 'One version of a model: where it lies, and which image it becomes.',
  plural: 'modelversions',
  shortName: 'mv',
  scope: 'Namespaced',
  columns: [
    {
      name: 'Model',
      type: 'string',
      jsonPath: '.spec.modelName',
      description: 'The model that it is a version of.',
    },
    { name: 'Image', type: 'string', jsonPath: '.status.image', description: 'Its image.' },
    { name: 'Created-By', type: 'string', jsonPath: '.spec.createdBy', description: 'Who or what made it.' },
    {
      name: 'Finish-Time',
      type: 'string',
      jsonPath: '.status.finishTime',
      description: 'When its build ended.',
    },
    {
      name: 'Phase',
      type: 'string',
      jsonPath: '.status.imageBuildPhase',
      description: 'How its build stands.',
    },
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether its image is there.',
    },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Why it is ready or not, in one word.',
    },
    {
      name: 'Builder',
      type: 'string',
      jsonPath: '.status.builder',
      description: 'Who builds it, or built it last.',
      priority: 1,
    },
    {
      name: 'Digest',
      type: 'string',
      jsonPath: '.status.digest',
      description: 'Digest of its image.',
      priority: 1,
    },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.message',
      description: 'How its build stands, in a sentence.',
      priority: 1,
    },
    AGE,
  ],
  spec: immutable(structuralOf(ModelVersionSpec), ['suspend']),
  specRequired: true,
  status: structuralOf(ModelVersionStatus),
};

const STORAGE_POLICY: Kind = {
  kind: 'StoragePolicy',
  description: 'What the ModelVersions of some namespaces may read, and where their images may go.',
  plural: 'storagepolicies',
  shortName: 'sp',
  scope: 'Cluster',
  columns: [AGE],
  spec: structuralOf(StoragePolicySpec),
  specRequired: true,
  status: undefined,
};

/** All of them, in the order of the documentation. */
export const KINDS: readonly Kind[] = [MODEL, MODEL_VERSION, STORAGE_POLICY];
