import { immutable } from './immutable.ts';
import { ModelSpec, ModelStatus } from './model.ts';
import { ModelVersionSpec } from './modelversion.ts';
import { ModelVersionStatus } from './status.ts';
import { structuralOf, type Structural } from './structural.ts';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: shown by `kubectl get -o wide` only. */
  readonly priority?: number;
}

/** What the CRDs of our kinds differ in. */
export interface Kind {
  readonly kind: string;
  readonly description: string;
  readonly shortName: string;
  /** KubeDL's first, in its order. */
  readonly columns: readonly Column[];
  readonly spec: Structural;
  readonly specRequired: boolean;
  readonly status: Structural;
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
  shortName: 'mo',
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
    AGE,
  ],
  spec: structuralOf(ModelSpec),
  specRequired: false,
  status: structuralOf(ModelStatus),
};

export const MODEL_VERSION: Kind = {
  kind: 'ModelVersion',
  description: 'One version of a model: where it lies, and which image it becomes.',
  shortName: 'mv',
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
      name: 'Digest',
      type: 'string',
      jsonPath: '.status.digest',
      description: 'Digest of its image.',
      priority: 1,
    },
    AGE,
  ],
  spec: immutable(structuralOf(ModelVersionSpec), ['suspend']),
  specRequired: true,
  status: structuralOf(ModelVersionStatus),
};
