import type { Digest } from '../oci/digest.ts';
import { discard, isSuccess } from './answer.ts';
import { hasBlob, type Asking } from './blobs.ts';
import type { Repository } from './repository.ts';
import { checkStoredDigest } from './stored-digest.ts';
import { withDigest } from './upload-session.ts';

/** An upload whose bytes are all there. */
export interface FullUpload {
  readonly url: URL;
  readonly digest: Digest;
  /** Names the blob in messages. */
  readonly what: string;
}

/**
 * Gives the bytes of an upload their name. Only that is missing, so it is tried again by itself. A PUT that seems to have
 * failed may have succeeded: the registry is asked for the blob before it is told again.
 * @returns undefined when the blob is stored, else the status by which the registry says that it has lost the upload
 */
export function commitUpload(
  repository: Repository,
  { url, digest, what }: FullUpload,
  asking: Asking,
): Promise<number | undefined> {
  const within = repository.timeouts.finalise;
  const { signal, onTrouble } = asking;
  const commit = async (attempt: number): Promise<number | undefined> => {
    if (attempt > 1 && (await hasBlob(repository, digest, asking))) return undefined;
    const answer = await repository.send({ method: 'PUT', url: withDigest(url, digest), within, signal });
    if (isLost(answer.status)) {
      await discard(answer);
      return answer.status;
    }
    if (!isSuccess(answer)) throw await repository.refusal(answer, `store ${what}`);
    await discard(answer);
    checkStoredDigest(answer, digest, what);
    return undefined;
  };
  return repository.retrying(signal, commit, { onTrouble });
}

/** The session is not known, or its length is not what the address says: BLOB_UPLOAD_UNKNOWN, RANGE_INVALID. */
function isLost(status: number): boolean {
  return status === 404 || status === 416;
}
