import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { MODELS, MODEL_VERSIONS } from '../api/resources.ts';
import type { ObjectKey } from '../kube/object.ts';
import { viewPod, type PodView } from './builder-pod.ts';
import type { Remote } from './connect.ts';
import { eventsOf, type Happened } from './events.ts';
import { listVersions, modelOf, read, versionOf } from './objects.ts';

/** All that a cluster says of one version. */
export interface VersionView {
  readonly version: ModelVersion;
  readonly pod: PodView | undefined;
  /** Undefined: they may not be read. */
  readonly events: readonly Happened[] | undefined;
}

/** @returns undefined where there is none */
export async function viewVersion(
  remote: Remote,
  key: Required<ObjectKey>,
  signal: AbortSignal,
): Promise<VersionView | undefined> {
  const object = await read(remote, MODEL_VERSIONS, key, signal);
  if (object === undefined) return undefined;
  const { namespace } = key;
  const name = object.status?.builderPod;
  const [pod, events] = await Promise.all([
    name === undefined ? undefined : viewPod(remote, { namespace, name }, signal),
    eventsOf(remote, { namespace, uid: object.metadata.uid }, signal),
  ]);
  return { version: versionOf(object), pod, events };
}

/** A Model with its versions; undefined where there is none. */
export async function viewModel(
  remote: Remote,
  key: Required<ObjectKey>,
  signal: AbortSignal,
): Promise<{ readonly model: Model; readonly versions: readonly ModelVersion[] } | undefined> {
  const object = await read(remote, MODELS, key, signal);
  if (object === undefined) return undefined;
  const versions = await listVersions(remote, key.namespace, signal);
  return {
    model: modelOf(object),
    versions: versions.filter(({ spec }) => spec.modelName === key.name),
  };
}
