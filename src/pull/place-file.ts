import { link, lstat, rename, rm } from 'node:fs/promises';
import { StowageError, systemCode } from '../errors.ts';
import { unlessGone } from '../files/unless-gone.ts';
import { otherContent } from './existing.ts';
import { digestOfFile } from './hash-file.ts';
import { safePath } from './safe-path.ts';

export interface PlaceRequest {
  /** Absolute, free of links. */
  readonly root: string;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}

/**
 * Gives a whole file its name. What has come to be there meanwhile stays where it has the same content.
 * @param from the file, on the same file system
 * @param path relative to the root
 * @returns what was done
 * @throws FileExists, LinkRefused
 */
export async function placeFile(
  from: string,
  path: string,
  request: PlaceRequest,
): Promise<'written' | 'same'> {
  const to = await safePath(request.root, path);
  if (await linkNew(from, to)) return 'written';
  if (await isSameContent(from, to, request.signal)) {
    await rm(from, { force: true });
    return 'same';
  }
  if (!request.overwrite) throw otherContent([path]);
  await rename(from, to);
  return 'written';
}

/** A link is made only where nothing is; a rename would replace what another program has put there. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    await rm(from, { force: true });
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return false;
    // File systems without hard links: FAT, and some that are made of object stores.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
  }
  if ((await lstat(to).catch(unlessGone)) !== undefined) return false;
  await rename(from, to);
  return true;
}

async function isSameContent(a: string, b: string, signal: AbortSignal): Promise<boolean> {
  const [is, other] = [await lstat(a), await lstat(b)];
  if (!other.isFile())
    throw new StowageError('FileExists', `${JSON.stringify(b)} is no regular file, and not replaced`);
  if (is.size !== other.size) return false;
  return (await digestOfFile(a, signal)) === (await digestOfFile(b, signal));
}
