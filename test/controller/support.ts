import { FINALIZER, LABELS } from '../../src/api/labels.ts';
import type { ModelObject, ModelVersionObject } from '../../src/api/resources.ts';
import { claimDraft, podDraft, volumeDraft } from '../../src/controller/drafts.ts';
import type { Decision, Observed, Setting } from '../../src/controller/observed.ts';
import { Settings } from '../../src/controller/settings.ts';
import type { Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../src/kube/core.ts';
import type { ObjectMeta } from '../../src/kube/object.ts';
import type { Verdict } from '../../src/policy/request.ts';

export const NOW = new Date('2026-03-01T12:00:00Z');
const UID = '0b5d1f6e-1111-2222-3333-444455556666';
export const DIGEST = `sha256:${'a'.repeat(64)}` as const;

/** Seconds before (or, negative, after) now. */
export function ago(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1000).toISOString().replace('.000', '');
}

type Status = NonNullable<ModelVersionObject['status']>;

export function version(
  parts: {
    readonly spec?: Partial<ModelVersionObject['spec']>;
    readonly metadata?: Partial<ObjectMeta>;
    readonly status?: Status;
  } = {},
): ModelVersionObject {
  const { metadata, spec, status } = parts;
  return {
    apiVersion: 'model.kubedl.io/v1alpha1',
    kind: 'ModelVersion',
    metadata: {
      ...{ name: 'bert-v3', namespace: 'team-a', uid: UID, resourceVersion: '1', generation: 1 },
      creationTimestamp: ago(60),
      ...metadata,
    },
    spec: {
      modelName: 'bert',
      imageRepo: 'registry.example.com/team-a/bert',
      imageTag: 'v3',
      storage: { localStorage: { path: '/data/bert', nodeName: 'worker-7' } },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** What a version has once an attempt may make a volume. */
export const PREPARED: Partial<ObjectMeta> = {
  labels: { [LABELS.modelName]: 'bert' },
  finalizers: [FINALIZER],
  ownerReferences: [
    { apiVersion: 'model.kubedl.io/v1alpha1', kind: 'Model', name: 'bert', uid: 'model-uid' },
  ],
};

export const BUILDING: Status = {
  imageBuildPhase: 'ImageBuilding',
  imageTag: 'v3',
  attempts: 1,
  failures: 0,
  startTime: ago(1),
};

export const model: ModelObject = {
  apiVersion: 'model.kubedl.io/v1alpha1',
  kind: 'Model',
  metadata: { name: 'bert', namespace: 'team-a', uid: 'model-uid', resourceVersion: '1' },
};

export const namespace: Namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'team-a', uid: 'ns-uid', resourceVersion: '1' },
};

export function node(ready: 'True' | 'False' | 'Unknown' = 'True'): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...{ name: 'worker-7', uid: 'node-uid', resourceVersion: '1' },
      labels: { 'kubernetes.io/hostname': 'host-7' },
    },
    status: { conditions: [{ type: 'Ready', status: ready, message: 'kubelet says so' }] },
  };
}

export const ALLOWED = {
  ...{ allowed: true, policy: 'team-a', prefix: '/data', mountOptions: [] },
  limits: { bytes: undefined, seconds: undefined },
} satisfies Verdict;

const made = (name: string) => ({ uid: `${name}-uid`, resourceVersion: '1', creationTimestamp: ago(1) });

export function volume(
  phase: NonNullable<PersistentVolume['status']>['phase'] & string,
  metadata: Partial<ObjectMeta> = {},
  attempt = 1,
): PersistentVolume {
  const parts = {
    source: { local: { path: '/data' } },
    accessModes: ['ReadOnlyMany'] as const,
    mountOptions: [],
    nodes: undefined,
  };
  const draft = volumeDraft(version(), attempt, parts);
  return {
    ...draft,
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { ...made('volume'), ...draft.metadata, ...metadata },
    status: { phase },
  };
}

export function claim(
  phase: 'Pending' | 'Bound' | 'Lost',
  metadata: Partial<ObjectMeta> = {},
  attempt = 1,
): PersistentVolumeClaim {
  const draft = claimDraft(version(), attempt, volume('Available'));
  return {
    ...draft,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...made('claim'), ...draft.metadata, ...metadata },
    status: { phase },
  };
}

export function pod(status: Pod['status'], metadata: Partial<ObjectMeta> = {}, attempt = 1): Pod {
  const draft = podDraft(version(), attempt, { nodeName: 'worker-7' });
  return {
    ...draft,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...made('pod'), ...draft.metadata, ...metadata },
    status: status ?? {},
  };
}

/** All is well and nothing is there but what is given. */
export function seen(parts: Partial<Observed> = {}): Observed {
  const owned = { volumes: [], claims: [], pods: [] };
  return { version: version(), namespace, model, live: false, owned, ...parts };
}

export const BUILD: ReturnType<Setting['buildOf']> = {
  podSpec: (place) => ({ ...place }),
  uploads: undefined,
  files: () => undefined,
  result: ({ status }) => ({
    ok: true,
    summary: {
      image: `registry.example.com/team-a/bert:v3@${DIGEST}`,
      ...{ digest: DIGEST, size: 10, seconds: 1, model: {} },
      bytes: { source: 10, read: 10, sent: 10, reused: Number(status?.message ?? 0) },
    },
  }),
};

export const setting: Setting = {
  now: NOW,
  settings: Settings.parse({ builder: { image: 'stowage:1' } }),
  buildOf: () => BUILD,
};

/** A decision in short: what is looked at, or what is done and why the version is ready or not afterwards. */
export function short(decision: Decision): unknown {
  if ('look' in decision) return `look ${decision.look}`;
  const reason = decision.status?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  return [...decision.actions.map((action) => action.do), ...(reason === undefined ? [] : [reason])];
}
