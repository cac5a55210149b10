import { lstat, mkdir, realpath, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../artifact/names.ts';
import { StowageError, systemCode } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { formatBytes } from '../telemetry/format.ts';
import { WORK_DIRECTORY } from './selection.ts';
import { unwritable } from './unwritable.ts';

/** Where a pull works. */
export interface Workspace {
  /** The directory that is pulled to: absolute, free of links. */
  readonly root: string;
  /** The directory in it where files lie until they are whole. */
  readonly directory: string;
}

/**
 * Makes the directory where it is missing and lets `work` have it for itself. What `work` leaves when it fails stays for
 * the next time; when it is done nothing is left but what it placed.
 * @throws StateBusy where another process pulls into it; Unwritable; FileRefused
 */
export async function inWorkspace<T>(into: string, work: (workspace: Workspace) => Promise<T>): Promise<T> {
  try {
    await mkdir(into, { recursive: true });
    const root = await realpath(into);
    const directory = join(root, WORK_DIRECTORY);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // A link would lead the files that are written there to somewhere else.
    if (!(await lstat(directory)).isDirectory())
      throw new StowageError('FileRefused', `${quote(directory)} is no directory`, { hint: 'Remove it.' });
    const lock = { waitMs: 0, what: quote(into) };
    return await withLock(join(directory, 'lock'), lock, async () => {
      const result = await work({ root, directory });
      await rm(directory, { recursive: true, force: true });
      return result;
    });
  } catch (error) {
    throw unwritable(error, into);
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
  try {
    return (await lstat(path)).blocks * 512;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
