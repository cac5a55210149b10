import { StowageError } from '../errors.ts';
import type { BlobResult, BlobSource } from './blob.ts';

/**
 * Compares what was read of a source with what it said beforehand: its size and digest, where it said them.
 * @throws ArtifactChanged
 */
export function asPromised(source: BlobSource, result: BlobResult): BlobResult {
  const { size, digest } = source;
  if (size !== undefined && result.size !== size)
    throw changed(source, `${result.size} bytes instead of ${size}`);
  if (digest !== undefined && result.digest !== digest)
    throw changed(source, `the digest ${result.digest} instead of ${digest}`);
  return result;
}

/** The error for a source that has other bytes than it said; `what` completes "it has". */
export function changed(source: BlobSource, what: string): StowageError {
  return new StowageError(
    'ArtifactChanged',
    `${JSON.stringify(source.name)} is not what it was when it was looked at: it has ${what}`,
    {
      hint: 'let whatever writes the files finish, and try again',
    },
  );
}
