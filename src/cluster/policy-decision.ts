import { DEFAULT_BUILDER } from '../api/builder-name.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { asStowageError, type StowageError } from '../errors.ts';
import { HOSTNAME_LABEL, type VolumeSource } from '../kube/core.ts';
import { decide } from '../policy/decide.ts';
import type { PolicyRequest, Verdict } from '../policy/request.ts';
import { NAMESPACE_LABEL } from '../policy/smallest-policy.ts';
import { storageInCluster } from '../storage/kinds.ts';

/** What a decision depends on besides the version. */
export interface Surroundings {
  readonly policies: Parameters<typeof decide>[0];
  readonly namespace: PolicyRequest['namespace'];
  /** That the storage lies on; undefined where it lies on none, or the node does not exist. */
  readonly node: PolicyRequest['node'];
}

/** Whether a version may be built, and what follows. */
export type PolicyDecision = {
  readonly modelVersion: { readonly namespace: string; readonly name: string };
} & (
  | (Allowed & Mounted)
  | {
      readonly allowed: false;
      /** Such as PolicyDenied; another one where the controller could make no volume of what is allowed. */
      readonly error: Pick<StowageError, 'code' | 'message'> & { readonly hint: string | undefined };
    }
);

type Allowed = Extract<Verdict, { allowed: true }>;

interface Mounted {
  /** What the volume is made of; undefined where there is a claim. */
  readonly volume?: VolumeSource;
  /** The node that it lies on. */
  readonly nodeName?: string;
  readonly claimName?: string;
  /** All of the volume. */
  readonly mountOptions: readonly string[];
}

/** Decides as the controller does. */
export function policyDecision(version: ModelVersion, around: Surroundings): PolicyDecision {
  const { namespace, node } = around;
  const modelVersion = { namespace: namespace.name, name: version.metadata.name };
  const { spec } = version;
  // The settings of a controller may name another; here they are not known.
  const { builder = DEFAULT_BUILDER } = spec;
  const verdict = decide(around.policies, { namespace, node, spec, builder });
  if (!verdict.allowed) {
    const { message, hint } = verdict;
    return { modelVersion, allowed: false, error: { code: 'PolicyDenied', message, hint } };
  }
  try {
    return { modelVersion, ...verdict, ...mounted(version, verdict, node) };
  } catch (thrown) {
    const { code, message, hint } = asStowageError(thrown);
    return { modelVersion, allowed: false, error: { code, message, hint } };
  }
}

/** @throws StowageError where no volume can be made of it */
function mounted({ spec }: ModelVersion, verdict: Allowed, node: PolicyRequest['node']): Mounted {
  const storage = storageInCluster(spec.storage);
  if (storage.by === 'claim') return { claimName: storage.claimName, mountOptions: [] };
  const { prefix, mountOptions } = verdict;
  // For which node it is does not change what it is made of.
  const parts = storage.volume({ node: undefined, prefix, mountOptions });
  return {
    volume: parts.source,
    ...(node && { nodeName: node.name }),
    mountOptions: ['ro', ...parts.mountOptions],
  };
}

/** Name of the node that a version names; undefined: none. @throws StorageUnsupported */
export function nodeNameOf({ spec }: ModelVersion): string | undefined {
  const storage = storageInCluster(spec.storage);
  return storage.by === 'volume' ? storage.nodeName() : undefined;
}

type Labels = Readonly<Record<string, string>>;

/** A namespace and a node as they are in any cluster, with some labels besides. */
export function supposed(
  version: ModelVersion,
  namespace: string,
  labels: { readonly namespace: Labels; readonly node: Labels },
): Pick<Surroundings, 'namespace' | 'node'> {
  const nodeName = nodeNameOf(version);
  return {
    namespace: { name: namespace, labels: { ...labels.namespace, [NAMESPACE_LABEL]: namespace } },
    node:
      nodeName === undefined
        ? undefined
        : { name: nodeName, labels: { [HOSTNAME_LABEL]: nodeName, ...labels.node } },
  };
}
