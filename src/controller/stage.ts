import { DEFAULT_BUILDER, type BuilderName } from '../api/builder-name.ts';
import { REQUESTS } from '../api/labels.ts';
import type { ModelVersionObject } from '../api/resources.ts';
import { defaultTag } from '../builders/default-tag.ts';

type Status = NonNullable<ModelVersionObject['status']>;

/** Its build has ended, with success or not. Those that KubeDL has ended are never built again by themselves. */
export function isFinished({ status }: ModelVersionObject): boolean {
  const phase = status?.imageBuildPhase;
  return phase === 'ImageBuildSucceeded' || phase === 'ImageBuildFailed';
}

/** Its image is there. */
export function isBuilt({ status }: ModelVersionObject): boolean {
  return status?.imageBuildPhase === 'ImageBuildSucceeded';
}

/** An attempt has begun and has not ended. (KubeDL's builds have no start time: they begin anew.) */
export function isInProgress({ status }: ModelVersionObject): boolean {
  return (
    status?.imageBuildPhase === 'ImageBuilding' &&
    status.startTime !== undefined &&
    status.retryTime === undefined
  );
}

/** Who builds a version. An attempt that has begun keeps its builder, whatever the settings say by now. */
export function builderOf(version: ModelVersionObject, use: BuilderName): BuilderName {
  const { spec, status } = version;
  // Before there was a choice nobody wrote it down.
  return isInProgress(version) ? (status?.builder ?? DEFAULT_BUILDER) : (spec.builder ?? use);
}

/** The token of a request that was not acted on yet. */
export function newRequest(
  { metadata, status }: ModelVersionObject,
  request: keyof typeof REQUESTS,
): string | undefined {
  const token = metadata.annotations?.[REQUESTS[request]];
  const handled = request === 'retry' ? status?.lastHandledRetry : status?.lastHandledCancel;
  return token === undefined || token === '' || token === handled ? undefined : token;
}

/** A status that says that what is asked for by now was seen. */
export function acknowledged(status: Status, version: ModelVersionObject): Status {
  const retry = newRequest(version, 'retry');
  return retry === undefined ? status : { ...status, lastHandledRetry: retry };
}

export function tagOf({ metadata, spec }: ModelVersionObject): string {
  return spec.imageTag ?? defaultTag(metadata.uid);
}

/** What kstatus calls the version of the spec that a status speaks of. */
export function generationOf({ metadata }: ModelVersionObject): number {
  return metadata.generation ?? 1;
}
