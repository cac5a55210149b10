import { GROUP } from './group.ts';

/** Labels and annotations of objects in a cluster. Labels hold at most 63 characters, so they carry UIDs and not names. */
export const LABELS = {
  /** KubeDL's. On ModelVersions. */
  modelName: `${GROUP}/model-name`,
  /** On all that is made for a ModelVersion: the version's UID. */
  versionUid: `${GROUP}/version-uid`,
  /** On all that is made for a ModelVersion: which attempt it is of, from 1. */
  attempt: `${GROUP}/attempt`,
  /** Kubernetes' recommended label. */
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

/** The value of `LABELS.managedBy` on all that the controller makes. */
export const MANAGED_BY = 'stowage';

/** What people write to ask for something once. The value is a token of theirs, such as the time; a new one asks anew. */
export const REQUESTS = {
  /** Try a version that has failed once more. */
  retry: `${GROUP}/retry`,
  /** Give a build up. */
  cancel: `${GROUP}/cancel`,
} as const;

/** On cluster-scoped objects: the ModelVersion that they were made for, `namespace/name`. */
export const VERSION_ANNOTATION = `${GROUP}/version`;

/** Keeps a pod from being scheduled until the ConfigMap that it mounts is there. */
export const FILES_GATE = `${GROUP}/files`;

/** Keeps a ModelVersion that is deleted until its PersistentVolume is gone, and is there only while there is one. */
export const FINALIZER = `${GROUP}/persistent-volume`;
