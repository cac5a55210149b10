import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/**
 * The built-in kinds that controllers of volumes and pods work with, with the fields that are read or written here
 * (https://kubernetes.io/docs/reference/kubernetes-api/).
 */
function core<T extends KubeObject>(plural: string, kind: string, namespaced: boolean): Resource<T> {
  return { group: '', version: 'v1', plural, kind, namespaced };
}

export const PODS = core<Pod>('pods', 'Pod', true);
export const PERSISTENT_VOLUMES = core<PersistentVolume>('persistentvolumes', 'PersistentVolume', false);
export const PERSISTENT_VOLUME_CLAIMS = core<PersistentVolumeClaim>(
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
  true,
);
export const CONFIG_MAPS = core<ConfigMap>('configmaps', 'ConfigMap', true);
export const NODES = core<Node>('nodes', 'Node', false);
export const NAMESPACES = core<Namespace>('namespaces', 'Namespace', false);
/** Events as the kubelet and the scheduler are asked for theirs: both API groups serve the same objects. */
export const CORE_EVENTS = core<CoreEvent>('events', 'Event', true);

export interface NodeCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

/** On some clouds its value is not the node's name (https://github.com/openebs/openebs/issues/2695). */
export const HOSTNAME_LABEL = 'kubernetes.io/hostname';

export interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: { readonly conditions?: readonly NodeCondition[] };
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: Taint['effect'];
  readonly tolerationSeconds?: number;
}

export interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: 'Active' | 'Terminating' };
}

export type AccessMode = 'ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod';

export interface NodeSelectorTerm {
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: 'In';
    readonly values: readonly string[];
  }[];
}

/** What a volume is made of: one key names its kind (local, nfs, csi). */
export type VolumeSource = Readonly<Record<string, unknown>>;

export interface PersistentVolumeSpec {
  readonly capacity: { readonly storage: string };
  readonly accessModes: readonly AccessMode[];
  readonly persistentVolumeReclaimPolicy: 'Retain';
  readonly storageClassName: string;
  readonly mountOptions?: readonly string[];
  readonly claimRef?: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid?: string;
  };
  readonly nodeAffinity?: {
    readonly required: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] };
  };
  readonly [source: string]: unknown;
}

export interface PersistentVolume extends KubeObject {
  readonly spec: PersistentVolumeSpec;
  readonly status?: {
    readonly phase?: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed';
    readonly message?: string;
  };
}

export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: {
    readonly accessModes: readonly AccessMode[];
    readonly resources: { readonly requests: { readonly storage: string } };
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly dataSource?: unknown;
    readonly dataSourceRef?: unknown;
  };
  readonly status?: { readonly phase?: 'Pending' | 'Bound' | 'Lost' };
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
  readonly restartCount?: number;
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly volumes?: readonly PodVolume[];
  readonly activeDeadlineSeconds?: number;
  /** What must be taken away before the pod is scheduled. */
  readonly schedulingGates?: readonly { readonly name: string }[];
  readonly [field: string]: unknown;
}

export interface PodVolume {
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly [source: string]: unknown;
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: {
    readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    /** `Evicted`, `DeadlineExceeded`, `NodeLost`, … */
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly conditions?: readonly NodeCondition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

export interface CoreEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  /** Called `note` in events.k8s.io/v1. */
  readonly message?: string;
  readonly count?: number | null;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count: number; readonly lastObservedTime: string } | null;
}
