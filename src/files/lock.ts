import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StowageError, systemCode } from '../errors.ts';

/** How often a held lock is looked at again, in milliseconds. What it guards takes a few milliseconds. */
const POLL_MS = 25;

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. 0: not at all. */
  readonly waitMs: number;
  /** What the lock guards, for the message. */
  readonly what: string;
}

/**
 * Runs `work` while this process alone holds the lock file. A lock whose process has died is taken over.
 * For processes of one machine: across machines the process number of the holder says nothing.
 * @throws StateBusy when the holder does not let go in time
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await acquire(path, options);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, options: LockOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const deadline = Date.now() + options.waitMs;
  while (!(await tryCreate(path))) {
    const holder = await holderOf(path);
    if (holder !== undefined && !isAlive(holder)) {
      await rm(path, { force: true });
    } else if (Date.now() >= deadline) {
      throw new StowageError(
        'StateBusy',
        `${options.what} is in use by process ${holder ?? 'unknown'} (${path})`,
        {
          hint: 'Wait until it has ended.',
          retryable: true,
        },
      );
    } else {
      await sleep(POLL_MS);
    }
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The process that holds the lock; undefined while it is being written or has just gone. */
async function holderOf(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
