import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { tryLock, unlock, withLock } from '../../src/files/lock.ts';
import { tempDir } from '../support/tempdir.ts';

const patient = { waitMs: 10_000, what: 'the thing' };
const impatient = { waitMs: 0, what: 'the thing' };

describe('tryLock', () => {
  it('takes a lock that is free, or whose holder has died, and no other', async () => {
    const lock = join(await tempDir(), 'deep', 'lock');
    expect(await tryLock(lock)).toBe(true);
    expect(await tryLock(lock)).toBe(false);
    await unlock(lock);
    expect(await tryLock(lock)).toBe(true);
    await unlock(lock);
    symlinkSync(String(deadPid()), lock);
    expect(await tryLock(lock)).toBe(true);
    await unlock(lock);
    expect(readdirSync(dirname(lock))).toEqual([]);
  });
});

const deadPid = (): number => spawnSync('true').pid;

describe('withLock', () => {
  it('lets one holder in at a time, and leaves nothing', async () => {
    const lock = join(await tempDir(), 'deep', 'lock');
    const inside: number[] = [];
    let most = 0;
    const work = async (id: number): Promise<void> => {
      inside.push(id);
      most = Math.max(most, inside.length);
      await new Promise((resolve) => setImmediate(resolve));
      inside.splice(inside.indexOf(id), 1);
    };
    await Promise.all([1, 2, 3, 4, 5].map((id) => withLock(lock, patient, () => work(id))));
    expect(most).toBe(1);
    expect(readdirSync(dirname(lock))).toEqual([]);
  });

  it('says who holds it when it may not wait, and which file to remove where that is wrong', async () => {
    const lock = join(await tempDir(), 'lock');
    await withLock(lock, patient, async () => {
      await expect(withLock(lock, impatient, () => Promise.resolve())).rejects.toMatchObject({
        code: 'StateBusy',
        retryable: true,
        message: `the thing is in use by process ${process.pid}`,
        hint: expect.stringContaining(`remove ${JSON.stringify(lock)}`) as string,
      });
    });
  });

  it('lets go when the work fails', async () => {
    const lock = join(await tempDir(), 'lock');
    await expect(withLock(lock, patient, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(lstatSync(lock, { throwIfNoEntry: false })).toBeUndefined();
  });

  it.each([
    ['a directory', (lock: string) => mkdirSync(lock)],
    ['an empty file', (lock: string) => writeFileSync(lock, '')],
    ['a link to somewhere', (lock: string) => symlinkSync('/nowhere', lock)],
  ])('takes %s in its place for a lock that is held', async (_, put) => {
    const lock = join(await tempDir(), 'lock');
    put(lock);
    await expect(withLock(lock, impatient, () => Promise.resolve())).rejects.toMatchObject({
      code: 'StateBusy',
      hint: expect.stringContaining(lock) as string,
    });
  });
});

describe('a lock that a process has left behind', () => {
  it('is taken over, without waiting', async () => {
    const directory = await tempDir();
    const lock = join(directory, 'lock');
    symlinkSync(String(deadPid()), lock);
    expect(await withLock(lock, impatient, () => Promise.resolve('in'))).toBe('in');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is taken over also where a process has died while it was taking it over', async () => {
    const directory = await tempDir();
    for (const name of ['lock', 'lock.dead', 'lock.dead.dead'])
      symlinkSync(String(deadPid()), join(directory, name));
    expect(await withLock(join(directory, 'lock'), impatient, () => Promise.resolve('in'))).toBe('in');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.runIf(process.platform === 'linux').each([
    ['1', 'another'],
    [String(process.pid), 'this'],
  ])('is taken over where its number %s is that of %s process by now', async (pid) => {
    const lock = join(await tempDir(), 'lock');
    const own = await withLock(lock, patient, () => Promise.resolve(readlinkSync(lock)));
    const start = Number(/-(\d+)@/.exec(own)?.[1]);
    expect(start).toBeGreaterThan(0);
    symlinkSync(`${pid}-${start + 1}`, lock);
    expect(await withLock(lock, impatient, () => Promise.resolve('in'))).toBe('in');
  });

  it.runIf(process.platform === 'linux')('is taken over from a process that nobody waits for', async () => {
    const lock = join(await tempDir(), 'lock');
    // The shell becomes a sleep, which does not wait for the child that the shell has had.
    const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    onTestFinished(() => void parent.kill());
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await expect.poll(() => stat(parent.pid).program).toBe('sleep');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => stat(pid).state).toBe('Z');
    symlinkSync(String(pid), lock);
    expect(await withLock(lock, impatient, () => Promise.resolve('in'))).toBe('in');
  });

  it('is taken over by one process at a time', async () => {
    const lock = join(await tempDir(), 'lock');
    const contenders = await Promise.all([1, 2, 3, 4].map(() => contender(lock)));
    for (let round = 0; round < 30; round++) {
      symlinkSync(String(deadPid()), lock);
      const answers = contenders.map(async (child) => {
        const answer = once(child, 'message');
        child.send('go');
        return ((await answer) as [boolean])[0];
      });
      expect(await Promise.all(answers)).toEqual([true, true, true, true]);
    }
  });
});

describe('a lock on a volume that others use too', () => {
  const elsewhere = '1-1@000000000000.0123456789ab';

  it('is held by a process of another machine or container, though its number is nobody here', async () => {
    const lock = join(await tempDir(), 'lock');
    symlinkSync(elsewhere, lock);
    await expect(withLock(lock, impatient, () => Promise.resolve())).rejects.toMatchObject({
      code: 'StateBusy',
      message: 'the thing is in use by process 1 on another machine or in another container',
    });
    expect(readlinkSync(lock)).toBe(elsewhere);
  });

  it('may be let go of at any moment while it is looked at', async () => {
    const lock = join(await tempDir(), 'lock');
    for (let round = 0; round < 300; round++) {
      symlinkSync(elsewhere, lock);
      const taken = withLock(lock, impatient, () => Promise.resolve('in')).catch((error: unknown) => error);
      for (let turns = 0; turns < round % 20; turns++) await turn();
      await rm(lock, { force: true });
      // In by then, or too early; nothing else.
      const outcome = await taken;
      if (outcome !== 'in') expect(outcome).toMatchObject({ code: 'StateBusy' });
      await rm(lock, { force: true });
    }
  });

  it('is taken over when that process has given no sign for long', async () => {
    const directory = await tempDir();
    const lock = join(directory, 'lock');
    symlinkSync(elsewhere, lock);
    const patience = { waitMs: 10_000, what: 'the thing', silentMs: 50 };
    expect(await withLock(lock, patience, () => Promise.resolve('in'))).toBe('in');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is waited for until it has been silent for long, by one who waits at all', async () => {
    const lock = join(await tempDir(), 'lock');
    symlinkSync(elsewhere, lock);
    const patience = { waitMs: 1, what: 'the thing', silentMs: 200 };
    expect(await withLock(lock, patience, () => Promise.resolve('in'))).toBe('in');
  });

  it('is taken over at once where two at a time do no harm', async () => {
    const lock = join(await tempDir(), 'lock');
    symlinkSync(elsewhere, lock);
    expect(await tryLock(lock, 0)).toBe(true);
    await unlock(lock);
  });

  it('shows signs of life while it is held', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const lock = join(await tempDir(), 'lock');
    await withLock(lock, patient, async () => {
      const { ctimeNs } = lstatSync(lock, { bigint: true });
      vi.advanceTimersByTime(10_000);
      await expect.poll(() => lstatSync(lock, { bigint: true }).ctimeNs).toBeGreaterThan(ctimeNs);
      expect(readlinkSync(lock)).toContain(`${process.pid}-`);
    });
  });

  it('is let go of by nobody but its holder', async () => {
    const lock = join(await tempDir(), 'lock');
    await withLock(lock, patient, () => {
      unlinkSync(lock);
      symlinkSync(elsewhere, lock);
      return Promise.resolve();
    });
    expect(readlinkSync(lock)).toBe(elsewhere);
  });

  it('comes to be also while its directory comes and goes', async () => {
    const directory = join(await tempDir(), 'locks');
    const rounds = Array.from({ length: 200 }, async (_, round) => {
      const lock = join(directory, `lock-${round}`);
      await withLock(lock, patient, () => Promise.resolve());
      await rmdir(directory).catch(() => undefined);
    });
    await Promise.all(rounds);
    expect(existsSync(directory)).toBe(false);
  });
});

function stat(pid: number | undefined): { program: string | undefined; state: string | undefined } {
  const [, program, state] = /\((.*)\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  return { program, state };
}

async function contender(lock: string): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('./contender.ts', import.meta.url));
  const child = fork(script, [lock], { execArgv: [] });
  onTestFinished(() => void child.kill());
  await once(child, 'message');
  return child;
}
