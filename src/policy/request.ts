import type { BuilderName } from '../api/builder-name.ts';
import type { ModelVersionSpec } from '../api/modelversion.ts';

/** What a policy is asked about. */
export interface PolicyRequest {
  readonly namespace: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: ModelVersionSpec;
  /** Who is to build it: what the spec says, or what holds where it says nothing. */
  readonly builder: BuilderName;
  /** Labels of the node that the storage lies on; undefined where it lies on none, or the node does not exist. */
  readonly node: { readonly name: string; readonly labels: Readonly<Record<string, string>> } | undefined;
}

/** What was decided, and why. */
export type Verdict =
  | {
      readonly allowed: true;
      /** Name of the policy that allows it; undefined: everything is allowed. */
      readonly policy: string | undefined;
      /**
       * Of a storage with a path, the administrator's prefix that it lies below (normalised, absolute): the volume's
       * root, so that links cannot lead out of it. Undefined where everything is allowed: then the path itself.
       */
      readonly prefix: string | undefined;
      /** Mount options for the volume, such as `nfsvers=4.1`. */
      readonly mountOptions: readonly string[];
      /** What the build may take: bytes of the model, seconds of an attempt. Undefined: no limit. */
      readonly limits: { readonly bytes: number | undefined; readonly seconds: number | undefined };
    }
  | {
      readonly allowed: false;
      /** What is not allowed, in a sentence. */
      readonly message: string;
      /** With the smallest StoragePolicy that would allow it, as YAML. */
      readonly hint: string;
    };
