import type { ModelVersion, ModelVersionStatus } from '../api/modelversion.ts';
import type { StowageError } from '../errors.ts';
import type { Pod, PodSpec, Toleration } from '../kube/core.ts';
import type { KeptUpload } from '../oci/kept-uploads.ts';
import type { Report } from '../pack/report.ts';
import type { PreviousImage } from '../record/pins.ts';

/**
 * A builder makes the image of a ModelVersion in a pod. Its file answers: which pod that is, how its progress and its
 * result are read, and what its failures mean. The controller gives the pod its name, labels and owner.
 */
export interface Builder {
  /** What runs, of the pod's spec. @throws DeclarationInvalid for what the builder cannot do */
  readonly podSpec: (task: BuildTask, settings: BuilderSettings) => PodSpec;
  /** What the pod mounts out of a ConfigMap of its own name, which goes with it; undefined: there is none. */
  readonly files: (task: ImageTask, settings: BuilderSettings) => PodFiles | undefined;
  /** How far the build is, from the end of the pod's log; undefined where that does not say, or never does. */
  readonly progress: ((logTail: string) => BuildProgress | undefined) | undefined;
  /**
   * The uploads that the build has not finished, and the layers that it has stored, from the end of the pod's log;
   * undefined where that does not say, or never does.
   */
  readonly uploads: ((logTail: string) => readonly KeptUpload[] | undefined) | undefined;
  /**
   * What became of a pod whose container has ended.
   * @param log the end of its log, where a result without it was said to be unclear
   */
  readonly result: (pod: Pod, log?: string) => BuildResult;
}

/** What one attempt makes. */
export interface ImageTask {
  readonly spec: ModelVersion['spec'];
  /** Of the ModelVersion. */
  readonly uid: string;
  /** Of the pod. */
  readonly podName: string;
  /** Where the image goes, with its tag. */
  readonly to: string;
  /** Image to put the layers on top of. */
  readonly base: string | undefined;
}

/** One attempt to build one version. */
export interface BuildTask extends ImageTask {
  /** Name of the claim that the model lies on, and the path below its root (relative, no `..`); undefined: the root. */
  readonly claimName: string;
  readonly subPath: string | undefined;
  /**
   * Where the model lies below what is mounted (relative, no `..`), for a volume that the kubelet would make a missing
   * `subPath` on; undefined: it is what is mounted.
   */
  readonly directory: string | undefined;
  /** Which nodes reach the claim; undefined: the scheduler knows by itself. */
  readonly nodes: NodeNames | undefined;
  /** Bytes that the model may have; undefined: any number. */
  readonly maxBytes: number | undefined;
  /** Names the storage, so that what was learnt of its files is not believed of others. */
  readonly storage: string;
  /** An image of the same model; undefined: there is none. */
  readonly previous: PreviousImage | undefined;
  /** Uploads that an earlier attempt has begun, and layers that it has stored. */
  readonly uploads: readonly KeptUpload[];
}

/** Files by their names. */
export type PodFiles = Readonly<Record<string, string | Uint8Array>>;

/** Nodes by their names: these, or all but these. */
export type NodeNames = { readonly only: readonly string[] } | { readonly but: readonly string[] };

/** What an administrator says of builder pods. */
export interface BuilderSettings {
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly priorityClassName: string | undefined;
  /** How much the builder stream may send, as people write it: `50MB/s`. Undefined: as much as there is. */
  readonly bandwidth: string | undefined;
  /** Seconds that the pod may run. */
  readonly deadline: number;
  /** `host` or `host:port`. */
  readonly plainHttp: readonly string[];
  /** PEM text of authorities to trust besides the system's. */
  readonly authorities: string | undefined;
  /** Used where the version names no Secret and the namespace has it. */
  readonly pushSecret: string;
  /** Of the builder kaniko alone. */
  readonly kaniko: KanikoSettings;
}

export interface KanikoSettings extends Pick<
  BuilderSettings,
  'image' | 'imagePullPolicy' | 'requests' | 'limits'
> {
  readonly compression: 'gzip' | 'zstd';
  readonly compressionLevel: number;
}

/** In bytes, bytes per second, seconds. */
export interface BuildProgress {
  readonly bytes: number;
  readonly total: number;
  readonly rate?: number;
  readonly eta?: number;
}

/** Of the report what fits into a termination message, and what a builder knows of it. */
export interface BuildSummary extends Pick<Report, 'image' | 'digest' | 'seconds' | 'record'> {
  readonly size?: number;
  readonly bytes?: NonNullable<ModelVersionStatus['bytes']>;
  readonly model?: NonNullable<ModelVersionStatus['model']>;
}

export type BuildResult =
  | { readonly ok: true; readonly summary: BuildSummary }
  | {
      readonly ok: false;
      readonly error: StowageError;
      /** Whether the log says more than the pod. */
      readonly unclear?: true;
    };
