import { lstat, lutimes, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StowageError, systemCode } from '../errors.ts';
import { hasEnded, isElsewhere, numberOf, ownName } from './process.ts';
import { unlessGone } from './unless-gone.ts';

/** How often a held lock is looked at again, in milliseconds. What it guards takes a few milliseconds. */
const POLL_MS = 25;
/** To remove a dead process's lock is two system calls; who takes longer is not coming back. */
const REMOVAL_WAIT_MS = 10_000;
/** A directory of locks may go while nobody holds one, and is made again: also while others make and remove it. */
const MAX_ATTEMPTS = 1000;
/** How often a holder gives a sign of life. */
const SIGN_MS = 10_000;
/**
 * Whoever gave no sign for so long is gone, wherever it ran. Clients of network file systems may answer from what they
 * have heard up to a minute before (nfs(5), "acregmax"); the rest is for signs that come late.
 */
const SILENT_MS = 90_000;

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds, and for one from elsewhere so long as it may be dead. 0: not at all. */
  readonly waitMs: number;
  /** What the lock guards, for the message. */
  readonly what: string;
  /** After how many milliseconds without a sign a holder from elsewhere counts as dead. Default: 90,000 */
  readonly silentMs?: number;
}

/** The locks that this process holds: their paths and texts. */
const held = new Map<string, string>();
let signs: NodeJS.Timeout | undefined;

/**
 * Runs `work` while this process alone holds the lock. A lock whose process has died is taken over.
 *
 * The lock is a symbolic link that points at its holder's name: it comes to be together with what it says, in one
 * system call, so that no crash leaves a lock that names nobody. It leads nowhere, and nobody follows it.
 *
 * Locks can lie on volumes that other machines and containers use too. There, the number of a process says nothing of
 * whether it runs: such a holder counts as dead when the link's times have not changed for a while, and is waited for
 * until then. The age is told by a link that is made to ask, so that both times are the file server's own.
 * @throws StateBusy when the holder does not let go in time
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const text = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release(path, text);
  }
}

/**
 * Takes a lock for longer than one piece of work, or until this process ends.
 * @param silentMs see LockOptions
 * @returns whether nobody else holds it
 */
export async function tryLock(path: string, silentMs = SILENT_MS): Promise<boolean> {
  try {
    await acquire(path, { waitMs: 0, what: path, silentMs });
    return true;
  } catch (error) {
    if (error instanceof StowageError && error.code === 'StateBusy') return false;
    throw error;
  }
}

/** Lets go of a lock that tryLock took. */
export async function unlock(path: string): Promise<void> {
  const text = held.get(path);
  if (text !== undefined) await release(path, text);
}

/** @returns what the lock says while it is ours */
async function acquire(path: string, options: LockOptions): Promise<string> {
  const { waitMs, silentMs = SILENT_MS } = options;
  const started = Date.now();
  for (;;) {
    const text = await tryCreate(path);
    if (text !== undefined) return text;
    const holder = await holderOf(path);
    if (holder === undefined || (await removeDead(path, holder, options))) continue;
    const patience = waitMs > 0 && isElsewhere(holder) ? waitMs + silentMs : waitMs;
    if (Date.now() - started >= patience) throw busy(path, options.what, holder);
    await sleep(POLL_MS);
  }
}

async function tryCreate(path: string, attempts = MAX_ATTEMPTS): Promise<string | undefined> {
  const text = ownName();
  try {
    await symlink(text, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined;
    if (systemCode(error) !== 'ENOENT' || attempts === 0) throw error;
    await mkdir(dirname(path), { recursive: true }).catch(unlessGone);
    return tryCreate(path, attempts - 1);
  }
  held.set(path, text);
  signs ??= setInterval(giveSigns, SIGN_MS).unref();
  return text;
}

/** Removes the lock if it is still the one that was taken. */
async function release(path: string, text: string): Promise<void> {
  if (held.get(path) === text) held.delete(path);
  if (held.size === 0) {
    clearInterval(signs);
    signs = undefined;
  }
  if ((await holderOf(path)) === text) await rm(path, { force: true });
}

/** Where that fails, others may take the lock over; there is nobody to tell. */
function giveSigns(): void {
  const now = new Date();
  for (const path of held.keys()) lutimes(path, now, now).catch(() => undefined);
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
 * @returns whether it is gone
 */
async function removeDead(path: string, seen: string, options: LockOptions): Promise<boolean> {
  if (!hasEnded(seen) && !isElsewhere(seen)) return false;
  const asking = `${path}.dead`;
  return withLock(asking, { ...options, waitMs: REMOVAL_WAIT_MS }, async () => {
    const holder = await holderOf(path);
    if (holder === undefined) return true;
    // The holder may let go at any time, and whoever takes us for dead may take the link that asks: then one looks again.
    const isDead = isElsewhere(holder)
      ? await isSilent(path, asking, options.silentMs ?? SILENT_MS).catch(unlessGone)
      : hasEnded(holder);
    if (isDead === true) await rm(path, { force: true });
    return isDead ?? true;
  });
}

/** @param asking a link that was made just now, in the same directory */
async function isSilent(path: string, asking: string, silentMs: number): Promise<boolean> {
  const [sign, now] = await Promise.all([lstat(path), lstat(asking)]);
  return now.ctimeMs - sign.ctimeMs >= silentMs;
}

function busy(path: string, what: string, holder: string): StowageError {
  const where = isElsewhere(holder) ? ' on another machine or in another container' : '';
  const number = numberOf(holder) ?? 'unknown';
  return new StowageError('StateBusy', `${what} is in use by process ${number}${where}`, {
    hint: `Wait until it has ended. Where no such process runs, remove ${JSON.stringify(path)}.`,
    retryable: true,
  });
}
