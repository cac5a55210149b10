import {
  begun,
  givenUp,
  handedOver,
  refused,
  retrying,
  running,
  waiting,
} from '../../../src/builders/cluster-status.ts';
import { ready } from '../../../src/builders/status.ts';
import type { ModelVersionObject } from '../../../src/api/resources.ts';
import { StowageError } from '../../../src/errors.ts';

export const NOW = new Date('2026-03-01T12:00:00Z');
const AT = { now: NOW, generation: 1 };

export const DIGEST = `sha256:${'a'.repeat(64)}` as const;
export const IMAGE = `registry.example.com/team-a/bert:v3@${DIGEST}`;
export const POD = 'bert-v3-build-1';

type Status = NonNullable<ModelVersionObject['status']>;

const started = begun({}, { tag: 'v3', builder: 'stream' }, AT);
const handed = handedOver(started, POD, AT);
const error = new StowageError('RegistryAuth', 'the registry does not accept the credentials', {
  hint: 'Check the Secret regcred.',
});

const DENIED = new StowageError('PolicyDenied', 'namespace "team-a" may not read "/data"', {
  hint: 'The smallest StoragePolicy that allows it:\napiVersion: model.kubedl.io/v1alpha1\nkind: StoragePolicy',
});

/** What a controller writes, step by step. */
export const STATUS = {
  queued: {
    ...waiting({}, { reason: 'Queued', message: '3 builds come first' }, AT),
    queuePosition: 3,
  },
  started,
  scheduling: waiting(handed, { reason: 'Unschedulable', message: 'no node takes the builder pod' }, AT),
  handed,
  building: running(handed, { bytes: 430, total: 1000, rate: 1_288_490_189, eta: 120 }, AT),
  retrying: retrying(started, error, { at: new Date(NOW.getTime() + 40_000), attempts: 5 }, AT),
  failed: givenUp(started, error, AT),
  refused: refused({}, DENIED, AT),
  ready: ready(
    handed,
    {
      ...{ image: IMAGE, digest: DIGEST, size: 1000, model: { format: 'safetensors' }, seconds: 3 },
      bytes: { source: 900, read: 900, sent: 600, reused: 400 },
    },
    { now: new Date(NOW.getTime() + 5_000), generation: 1 },
  ),
  suspended: {
    observedGeneration: 1,
    message: 'the build is held back by spec.suspend',
    conditions: [
      {
        ...{ type: 'Ready', status: 'False', reason: 'Suspended', message: 'held back' },
        lastTransitionTime: '2026-03-01T12:00:00Z',
      },
    ],
  },
} as const satisfies Record<string, Status>;

export const SPEC: ModelVersionObject['spec'] = {
  modelName: 'bert',
  imageRepo: 'registry.example.com/team-a/bert',
  imageTag: 'v3',
  storage: { localStorage: { path: '/data/bert', nodeName: 'worker-7' } },
};

/** A version as the server gives it. */
export function versionWith(
  status?: Status,
  metadata: Partial<ModelVersionObject['metadata']> = {},
): ModelVersionObject {
  return {
    apiVersion: 'model.kubedl.io/v1alpha1',
    kind: 'ModelVersion',
    metadata: {
      ...{ name: 'bert-v3', namespace: 'team-a', uid: 'uid-1', resourceVersion: '1', generation: 1 },
      ...metadata,
    },
    spec: SPEC,
    ...(status === undefined ? {} : { status }),
  };
}
