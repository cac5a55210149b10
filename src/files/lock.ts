import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StowageError, systemCode } from '../errors.ts';
import { hasEnded, numberOf, thisProcess } from './process.ts';

/** How often a held lock is looked at again, in milliseconds. What it guards takes a few milliseconds. */
const POLL_MS = 25;
/** To remove a dead process's lock is two system calls; who takes longer is not coming back. */
const REMOVAL_WAIT_MS = 10_000;

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. 0: not at all. */
  readonly waitMs: number;
  /** What the lock guards, for the message. */
  readonly what: string;
}

/**
 * Runs `work` while this process alone holds the lock. A lock whose process has died is taken over.
 * For processes of one machine: across machines the process number of the holder says nothing.
 *
 * The lock is a symbolic link that points at its holder's name: it comes to be together with what it says, in one
 * system call, so that no crash leaves a lock that names nobody. It leads nowhere, and nobody follows it.
 * @throws StateBusy when the holder does not let go in time
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  await acquire(path, options);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Takes a lock for longer than one piece of work, or until this process ends.
 * @returns whether nobody else holds it
 */
export async function tryLock(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await acquire(path, { waitMs: 0, what: path });
    return true;
  } catch (error) {
    if (error instanceof StowageError && error.code === 'StateBusy') return false;
    throw error;
  }
}

/** Lets go of a lock that tryLock took. */
export async function unlock(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function acquire(path: string, options: LockOptions): Promise<void> {
  const deadline = Date.now() + options.waitMs;
  while (!(await tryCreate(path))) {
    const holder = await holderOf(path);
    if (holder === undefined) continue;
    if (hasEnded(holder)) await removeDead(path, options.what);
    else if (Date.now() >= deadline) throw busy(path, options.what, holder);
    else await sleep(POLL_MS);
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    await symlink(thisProcess(), path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined where the lock is gone; empty where something is in its place that is none of our locks. */
async function holderOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) === 'EINVAL') return '';
    throw error;
  }
}

/**
 * Of the processes that see a dead one's lock, one at a time removes it, and looks again before it does. Otherwise the
 * second would remove what is by now the lock of the first. A lock of its own guards this, in the same way.
 */
async function removeDead(path: string, what: string): Promise<void> {
  await withLock(`${path}.dead`, { waitMs: REMOVAL_WAIT_MS, what }, async () => {
    const holder = await holderOf(path);
    if (holder !== undefined && hasEnded(holder)) await rm(path, { force: true });
  });
}

function busy(path: string, what: string, holder: string): StowageError {
  return new StowageError('StateBusy', `${what} is in use by process ${numberOf(holder) ?? 'unknown'}`, {
    hint: `Wait until it has ended. Where no such process runs, remove ${JSON.stringify(path)}.`,
    retryable: true,
  });
}
