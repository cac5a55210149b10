import type { ModelObject, ModelVersionObject } from '../api/resources.ts';
import type { BuildProgress } from '../builders/builder.ts';
import type { StowageError } from '../errors.ts';
import type {
  ConfigMap,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from '../kube/core.ts';
import type { Draft } from '../kube/object.ts';
import type { KeptUpload } from '../oci/kept-uploads.ts';
import type { Verdict } from '../policy/request.ts';
import type { BuildOf } from './build-of.ts';
import type { ClaimLook, DriverLook } from './reach.ts';
import type { Settings } from './settings.ts';
import type { Turn } from './turns.ts';

/** What there is of what was made for a version. */
export interface Owned {
  readonly volumes: readonly PersistentVolume[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly pods: readonly Pod[];
}

/** What is known when a decision is made. What costs a request is looked at only when a decision needs it. */
export interface Observed {
  readonly version: ModelVersionObject;
  readonly namespace: Namespace | undefined;
  readonly model: ModelObject | undefined;
  /** Whether `model` was asked of the server just now. */
  readonly modelIsLive?: boolean;
  readonly owned: Owned;
  /** Whether `owned` was asked of the server just now; else it is from caches, which may lag behind. */
  readonly live: boolean;
  readonly node?: Node | 'missing';
  readonly verdict?: Verdict;
  /** Where the CSI driver of the storage is, for one that needs a driver. */
  readonly driver?: DriverLook;
  /** The claim that the version names, for one that names a claim. */
  readonly claim?: ClaimLook;
  readonly turn?: Turn;
  /** What keeps the pod from starting, as events tell; null: nothing. */
  readonly trouble?: StowageError | null;
  /** How far the pod says it is; null: it does not say, or was asked a moment ago. */
  readonly progress?: BuildProgress | null;
  /** The uploads that the pod says it has not finished; undefined: it does not say. */
  readonly uploads?: readonly KeptUpload[] | undefined;
  /** The end of the log of the pod, which has ended; empty where there is none any more. */
  readonly log?: string;
}

/** What a decision may ask to be looked at: a field of Observed, or everything owned anew. */
export type Look =
  'live' | 'model' | 'node' | 'verdict' | 'driver' | 'claim' | 'turn' | 'trouble' | 'progress' | 'log';

/** A write. */
export type Action =
  | { readonly do: 'createModel'; readonly draft: Draft<ModelObject> }
  | { readonly do: 'patchVersion'; readonly patch: Readonly<Record<string, unknown>> }
  | { readonly do: 'createVolume'; readonly draft: Draft<PersistentVolume> }
  | { readonly do: 'createClaim'; readonly draft: Draft<PersistentVolumeClaim> }
  | { readonly do: 'createPod'; readonly draft: Draft<Pod> }
  /** What the pod mounts. It is the pod's, and goes with it. */
  | { readonly do: 'createFiles'; readonly draft: Draft<ConfigMap>; readonly pod: Pod }
  /** Lets the pod be scheduled. */
  | { readonly do: 'openGate'; readonly pod: Pod }
  | { readonly do: 'deletePod'; readonly object: Pod; readonly force: boolean }
  | { readonly do: 'deleteClaim'; readonly object: PersistentVolumeClaim }
  | { readonly do: 'deleteVolume'; readonly object: PersistentVolume };

/** Either what must be known first, or what to do. */
export type Decision =
  | { readonly look: Look }
  | {
      /** In this order. */
      readonly actions: readonly Action[];
      /** The status once they are done; undefined: as it is. */
      readonly status?: ModelVersionObject['status'];
      /** Whether to decide anew right away with what the actions brought. */
      readonly again?: boolean;
      /** Whether the version neither runs nor waits for its turn any more. */
      readonly leave?: boolean;
      /** Milliseconds after which to look again though nothing may have happened. */
      readonly wait?: number | undefined;
    };

/** The time, and what does not depend on the version. */
export interface Setting {
  readonly now: Date;
  readonly settings: Settings;
  readonly buildOf: (
    version: ModelVersionObject,
  ) => Pick<BuildOf, 'podSpec' | 'files' | 'uploads' | 'result'>;
}
