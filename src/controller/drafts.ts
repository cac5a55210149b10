import { FINALIZER, LABELS, MANAGED_BY, VERSION_ANNOTATION } from '../api/labels.ts';
import { MODELS, MODEL_VERSIONS, type ModelObject, type ModelVersionObject } from '../api/resources.ts';
import type { PodFiles } from '../builders/builder.ts';
import {
  PODS,
  type ConfigMap,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type PodSpec,
} from '../kube/core.ts';
import { keyOf, type Draft, type DraftMeta, type OwnerReference } from '../kube/object.ts';
import { apiVersionOf } from '../kube/resource.ts';
import type { VolumeParts } from '../storage/storage.ts';
import { namesOf } from './names.ts';

/**
 * What a claim asks for and a volume says that it has. Nothing is provisioned, so it means nothing; being tiny it meets
 * no quota and no LimitRange.
 */
const SIZE = '1Ki';

/**
 * The volume that the model lies on, reserved for the claim. `ro` among the mount options is what keeps every pod that
 * mounts the claim from writing; what the pod or the source say about reading only binds that pod alone.
 */
export function volumeDraft(
  version: ModelVersionObject,
  attempt: number,
  parts: VolumeParts,
): Draft<PersistentVolume> {
  const { volume, claim } = namesOf(version, attempt);
  const { namespace = '' } = version.metadata;
  return {
    metadata: {
      name: volume,
      labels: labelsOf(version, attempt),
      annotations: { [VERSION_ANNOTATION]: keyOf(version.metadata) },
    },
    spec: {
      ...parts.source,
      capacity: { storage: SIZE },
      accessModes: parts.accessModes,
      // The model's files are not ours to delete.
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      mountOptions: ['ro', ...parts.mountOptions],
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim },
      ...(parts.nodes === undefined
        ? {}
        : { nodeAffinity: { required: { nodeSelectorTerms: [parts.nodes] } } }),
    },
  };
}

/** The claim to that volume and no other. An explicit empty class keeps the default class from being filled in. */
export function claimDraft(
  version: ModelVersionObject,
  attempt: number,
  volume: PersistentVolume,
): Draft<PersistentVolumeClaim> {
  return {
    metadata: ownedMeta(version, attempt, namesOf(version, attempt).claim),
    spec: {
      accessModes: volume.spec.accessModes,
      resources: { requests: { storage: SIZE } },
      storageClassName: '',
      volumeName: volume.metadata.name,
    },
  };
}

export function podDraft(version: ModelVersionObject, attempt: number, spec: PodSpec): Draft<Pod> {
  return { metadata: ownedMeta(version, attempt, namesOf(version, attempt).pod), spec };
}

/** What a pod mounts. It is called like the pod and the pod's own, so that it goes when the pod goes. */
export function filesDraft({ metadata }: Pod, files: PodFiles): Draft<ConfigMap> {
  const { name, namespace = '', labels = {} } = metadata;
  const all = Object.entries(files);
  const texts = all.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const others = all.filter((entry): entry is [string, Uint8Array] => typeof entry[1] !== 'string');
  return {
    metadata: { name, namespace, labels, ownerReferences: [ownerOf(PODS, metadata)] },
    data: Object.fromEntries(texts),
    binaryData: Object.fromEntries(
      others.map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]),
    ),
    immutable: true,
  };
}

/** The Model that a version names, where nobody has made it. */
export function modelDraft({ metadata, spec }: ModelVersionObject): Draft<ModelObject> {
  const { namespace = '' } = metadata;
  return {
    metadata: { name: spec.modelName, namespace, labels: { [LABELS.managedBy]: MANAGED_BY } },
    spec: {},
  };
}

/**
 * What a version's metadata must have before a volume is made for it: its Model as owner (deleting a Model deletes its
 * versions), KubeDL's label, and the finalizer where a volume will be. @returns undefined where all is there
 */
export function metadataPatch(
  { metadata, spec }: ModelVersionObject,
  model: ModelObject,
  guarded: boolean,
): Record<string, unknown> | undefined {
  const owners = metadata.ownerReferences ?? [];
  const finalizers = metadata.finalizers ?? [];
  const labelled = metadata.labels?.[LABELS.modelName] === labelValue(spec.modelName);
  const owned = owners.some(({ uid }) => uid === model.metadata.uid);
  const kept = !guarded || finalizers.includes(FINALIZER);
  if (labelled && owned && kept) return undefined;
  return {
    metadata: {
      resourceVersion: metadata.resourceVersion,
      ...(labelled ? {} : { labels: { [LABELS.modelName]: labelValue(spec.modelName) } }),
      ...(owned ? {} : { ownerReferences: [...owners, ownerOf(MODELS, model.metadata)] }),
      ...(kept ? {} : { finalizers: [...finalizers, FINALIZER] }),
    },
  };
}

/** @returns undefined where the finalizer is not there */
export function withoutFinalizer({ metadata }: ModelVersionObject): Record<string, unknown> | undefined {
  const { finalizers = [], resourceVersion } = metadata;
  if (!finalizers.includes(FINALIZER)) return undefined;
  return { metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== FINALIZER) } };
}

function ownedMeta(version: ModelVersionObject, attempt: number, name: string): DraftMeta {
  const { namespace = '' } = version.metadata;
  return {
    name,
    namespace,
    labels: labelsOf(version, attempt),
    ownerReferences: [{ ...ownerOf(MODEL_VERSIONS, version.metadata), controller: true }],
  };
}

function labelsOf({ metadata, spec }: ModelVersionObject, attempt: number): Record<string, string> {
  return {
    [LABELS.managedBy]: MANAGED_BY,
    [LABELS.modelName]: labelValue(spec.modelName),
    [LABELS.versionUid]: metadata.uid,
    [LABELS.attempt]: String(attempt),
  };
}

const MAX_LABEL = 63;

/** Names may be longer than the values of labels. */
function labelValue(name: string): string {
  return name.slice(0, MAX_LABEL).replace(/[.-]+$/, '');
}

function ownerOf(
  resource: Parameters<typeof apiVersionOf>[0],
  { name, uid }: { readonly name: string; readonly uid: string },
): OwnerReference {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid };
}
