import type { ModelVersionObject } from '../api/resources.ts';
import { MAX_UPLOADS } from '../api/status.ts';
import { MAX_UPLOADS_LINE } from '../builders/in-pod/places.ts';
import type { KeptUpload } from '../oci/kept-uploads.ts';
import { latestReady } from './reconcile-model.ts';
import { isFinished } from './stage.ts';

/**
 * The uploads that a build goes on with or cancels: those of its own earlier attempts, and those of other versions that
 * were given up, which nobody else would cancel. A version that began since and became Ready has done so already, and one
 * that is being built may be at it: two must not write to one upload. Pure.
 * @param siblings the versions of the same Model
 */
export function leftUploads(
  { metadata, spec, status }: ModelVersionObject,
  siblings: readonly ModelVersionObject[],
): readonly KeptUpload[] {
  const others = siblings.filter(
    (each) => each.metadata.uid !== metadata.uid && each.spec.imageRepo === spec.imageRepo,
  );
  const own = status?.uploads ?? [];
  if (others.some(isBeingBuilt)) return fitting(own);
  const cleared = latestReady(others.filter(({ status: each }) => each?.builder === 'stream'));
  const since = cleared?.status?.startTime ?? '';
  const givenUp = others.filter((each) => isFinished(each) && (each.status?.finishTime ?? '') >= since);
  return fitting([...own, ...givenUp.flatMap((each) => each.status?.uploads ?? [])]);
}

function isBeingBuilt(version: ModelVersionObject): boolean {
  return version.status?.startTime !== undefined && !isFinished(version);
}

/** The first of each key, as many as a pod's environment takes. */
function fitting(uploads: readonly KeptUpload[]): readonly KeptUpload[] {
  const taken = new Map<string, KeptUpload>();
  let bytes = 0;
  for (const upload of uploads) {
    bytes += JSON.stringify(upload).length + 1;
    if (bytes > MAX_UPLOADS_LINE) break;
    if (!taken.has(upload.key)) taken.set(upload.key, upload);
  }
  return [...taken.values()].slice(0, MAX_UPLOADS);
}
