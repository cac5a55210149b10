import { lstat, mkdir, realpath, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../artifact/names.ts';
import { WORK_DIRECTORY } from '../artifact/work-directory.ts';
import { StowageError, systemCode } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { ownName } from '../files/process.ts';
import { unlessGone } from '../files/unless-gone.ts';
import { formatBytes } from '../telemetry/format.ts';
import { giveBack, takeOver } from './leftovers.ts';
import { unwritable } from './unwritable.ts';

/** Where a pull works. */
export interface Workspace {
  /** The directory that is pulled to: absolute, free of links. */
  readonly root: string;
  /** Where files lie until they are whole: a directory that no other pull writes to. */
  readonly directory: string;
}

/**
 * Makes the directory where it is missing and lets `work` have it for itself. What earlier pulls have left is there for
 * `work`, and what it leaves is there for the next. Where it leaves nothing, nothing is left but what it placed.
 * @throws StateBusy where another process pulls into it; Unwritable; FileRefused
 */
export async function inWorkspace<T>(into: string, work: (workspace: Workspace) => Promise<T>): Promise<T> {
  try {
    await mkdir(into, { recursive: true });
    const root = await realpath(into);
    const shared = join(root, WORK_DIRECTORY);
    await makeShared(shared);
    try {
      const lock = { waitMs: 0, what: quote(into) };
      return await withLock(join(shared, 'lock'), lock, () => inOwn({ root, shared }, work));
    } finally {
      // It stays while there is anything in it: what was left, or the lock of another pull.
      await rmdir(shared).catch(() => undefined);
    }
  } catch (error) {
    throw unwritable(error, into);
  }
}

async function makeShared(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
  // A link would lead the files that are written there to somewhere else.
  if ((await lstat(path).catch(unlessGone))?.isDirectory() === false)
    throw new StowageError('FileRefused', `${quote(path)} is no directory`, { hint: 'Remove it.' });
}

/** The lock is a courtesy. It is the own directory that keeps two pulls from writing to one file, should it ever fail. */
async function inOwn<T>(
  { root, shared }: { readonly root: string; readonly shared: string },
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const directory = join(shared, ownName());
  await mkdir(directory, { mode: 0o700 });
  try {
    await takeOver(shared, directory);
    return await work({ root, directory });
  } finally {
    // Where that fails, the next pull takes it from here when this process has ended.
    await giveBack(directory, shared).catch(() => undefined);
  }
}

/** @param bytes that are about to be written @throws OutOfDisk */
export async function requireSpace({ root }: Workspace, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new StowageError(
    'OutOfDisk',
    `${quote(root)} has ${formatBytes(free)} left, and ${formatBytes(bytes)} are to be written`,
    { hint: 'Free some space, choose another directory, or take fewer files with --include.' },
  );
}

/** Bytes that a file takes on the disk; 0 where there is none. Files with holes take less than they have. */
export async function bytesOnDisk(path: string): Promise<number> {
  return ((await lstat(path).catch(unlessGone))?.blocks ?? 0) * 512;
}
