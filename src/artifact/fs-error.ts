/** System errors of reading a source, as a user should read them. */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asStowageError, messageOf, StowageError, systemCode } from '../errors.ts';
import { quote } from './names.ts';

/** As which code Node.js gives ESTALE on Linux, which it has no name for. */
const STALE = 'Unknown system error -116';

/** Trouble of a disk or a file server that may be gone at the next try. */
const PASSING = new Set([
  'EIO',
  'ESTALE',
  STALE,
  'ETIMEDOUT',
  'EAGAIN',
  'EBUSY',
  'EINTR',
  'EMFILE',
  'ENFILE',
]);

/**
 * What a failed system call on a file or directory of the source means.
 * @param location absolute path that was tried
 * @param path how it is called in messages: relative to the root, or the root itself
 * @returns SourceUnreadable, ArtifactChanged when it vanished since it was listed, or FileRefused for a path too long to open
 */
export async function sourceError(error: unknown, location: string, path: string): Promise<StowageError> {
  const code = systemCode(error);
  if (error instanceof StowageError || code === undefined) return asStowageError(error);
  if (code === 'EACCES' || code === 'EPERM') return await forbidden(error, location, path);
  if (code === 'ENOENT' || code === 'ENOTDIR') return vanished(path, error);
  // The scan opens nothing that it took for a link: it has become one since (O_NOFOLLOW).
  if (code === 'ELOOP') return changed(path, 'was replaced by a symbolic link', error);
  if (code === 'ENAMETOOLONG') {
    return new StowageError('FileRefused', `${quote(path)} has a path that is too long to open`, {
      hint: 'Shorten the names, or move the model to a directory nearer to the root of the disk.',
      cause: error,
    });
  }
  return new StowageError('SourceUnreadable', `${quote(path)} cannot be read: ${messageOf(error)}`, {
    retryable: PASSING.has(code),
    cause: error,
  });
}

export function vanished(path: string, cause?: unknown): StowageError {
  return changed(path, 'vanished', cause);
}

export function changed(path: string, how: string, cause?: unknown): StowageError {
  return new StowageError('ArtifactChanged', `the source changed while it was read: ${quote(path)} ${how}`, {
    hint: 'Wait until whatever writes the model has finished, then try again.',
    retryable: true,
    cause,
  });
}

async function forbidden(cause: unknown, location: string, path: string): Promise<StowageError> {
  const uid = process.getuid?.();
  const message = `${quote(path)} cannot be read: ${await permissions(location)}; this process runs as uid ${uid ?? '?'}`;
  const hint =
    uid === 0
      ? 'Root was refused: an NFS export with root_squash or a security module does that. Run as a user that may read it.'
      : `Give uid ${uid ?? '?'} the right to read it (chmod -R a+rX), or run as its owner.`;
  return new StowageError('SourceUnreadable', message, { hint, cause });
}

/** Owner and mode of what cannot be read; of its directory where even that is hidden. */
async function permissions(location: string): Promise<string> {
  const own = await lookAt(location);
  if (own !== undefined) return `it belongs to ${owner(own)}`;
  const parent = await lookAt(dirname(location));
  return parent === undefined
    ? 'its directory cannot be searched'
    : `its directory belongs to ${owner(parent)}`;
}

async function lookAt(location: string): Promise<Stats | undefined> {
  return await lstat(location).catch(() => undefined);
}

function owner(stats: Stats): string {
  return `${stats.uid}:${stats.gid} with mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}`;
}
