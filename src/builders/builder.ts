import type { ModelVersion } from '../api/modelversion.ts';
import type { StowageError } from '../errors.ts';
import type { Pod, PodSpec, Toleration } from '../kube/core.ts';
import type { Report } from '../pack/report.ts';

/**
 * A builder makes the image of a ModelVersion in a pod. Its file answers: which pod that is, how its progress and its
 * result are read, and what its failures mean. The controller gives the pod its name, labels and owner.
 */
export interface Builder {
  /** What runs, of the pod's spec. */
  podSpec(task: BuildTask, settings: BuilderSettings): PodSpec;
  /** How far the build is, from the end of the pod's log; undefined where it does not say. */
  progress(logTail: string): BuildProgress | undefined;
  /** What became of a pod whose container has ended. */
  result(pod: Pod): BuildResult;
}

/** One attempt to build one version. */
export interface BuildTask {
  readonly spec: ModelVersion['spec'];
  /** Where the image goes, with its tag. */
  readonly to: string;
  /** Image to put the layers on top of. */
  readonly base: string | undefined;
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
}

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
  /** Seconds that the pod may run. */
  readonly deadline: number;
  /** `host` or `host:port`. */
  readonly plainHttp: readonly string[];
  /** PEM text of authorities to trust besides the system's. */
  readonly authorities: string | undefined;
  /** Used where the version names no Secret and the namespace has it. */
  readonly pushSecret: string;
}

/** In bytes, bytes per second, seconds. */
export interface BuildProgress {
  readonly bytes: number;
  readonly total: number;
  readonly rate?: number;
  readonly eta?: number;
}

/** Of the report what fits into a termination message. */
export type BuildSummary = Pick<Report, 'image' | 'digest' | 'size' | 'bytes' | 'model' | 'seconds'>;

export type BuildResult =
  | { readonly ok: true; readonly summary: BuildSummary }
  | { readonly ok: false; readonly error: StowageError };
