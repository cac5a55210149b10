import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import type { StoragePolicy } from '../api/storagepolicy.ts';
import type { Kind } from './kinds.ts';
import { formatAge, formatBytes } from './terminal/format.ts';

export type Listed = Model | ModelVersion | StoragePolicy;

export interface Column {
  readonly title: string;
  /** Only with `-o wide`. */
  readonly wide: boolean;
  value(object: Listed): string;
}

/** The columns of KubeDL's CRDs and ours, as `kubectl get` would show them. */
export function columnsOf(kind: Kind): readonly Column[] {
  return { models: MODEL, modelversions: MODEL_VERSION, storagepolicies: STORAGE_POLICY }[kind];
}

const NONE = '<none>';

const namespace: Column = {
  title: 'NAMESPACE',
  wide: false,
  value: ({ metadata }) => metadata.namespace ?? 'default',
};

const name: Column = { title: 'NAME', wide: false, value: ({ metadata }) => metadata.name };

const age: Column = {
  title: 'AGE',
  wide: false,
  value: ({ metadata }) =>
    metadata.creationTimestamp ? formatAge(new Date(metadata.creationTimestamp), new Date()) : NONE,
};

const MODEL: readonly Column[] = [
  namespace,
  name,
  modelColumn('LATEST-VERSION', (object) => object.status?.latestVersion?.modelVersion),
  modelColumn('LATEST-IMAGE', (object) => object.status?.latestVersion?.imageName),
  age,
];

const MODEL_VERSION: readonly Column[] = [
  namespace,
  name,
  versionColumn('MODEL', (object) => object.spec.modelName),
  versionColumn('READY', readyOf),
  versionColumn('IMAGE', (object) => object.status?.image),
  versionColumn('CREATED-BY', (object) => object.spec.createdBy, true),
  versionColumn('FINISH-TIME', (object) => object.status?.finishTime, true),
  versionColumn('SIZE', (object) =>
    object.status?.size === undefined ? undefined : formatBytes(object.status.size),
  ),
  age,
];

const STORAGE_POLICY: readonly Column[] = [
  name,
  {
    title: 'TARGETS',
    wide: false,
    value: (object) => (object.kind === 'StoragePolicy' ? object.spec.targets.join(',') : NONE),
  },
  age,
];

type Value<T> = (object: T) => string | undefined;

function modelColumn(title: string, value: Value<Model>): Column {
  return {
    title,
    wide: false,
    value: (object) => (object.kind === 'Model' ? value(object) : undefined) ?? NONE,
  };
}

function versionColumn(title: string, value: Value<ModelVersion>, wide = false): Column {
  return {
    title,
    wide,
    value: (object) => (object.kind === 'ModelVersion' ? value(object) : undefined) ?? NONE,
  };
}

/** True, or the reason why not. */
function readyOf({ status }: ModelVersion): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined) return 'Unknown';
  return ready.status === 'True' ? 'True' : ready.reason;
}
