import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/files/lock.ts';
import { tempDir } from '../support/tempdir.ts';

const patient = { waitMs: 10_000, what: 'the thing' };
const impatient = { waitMs: 0, what: 'the thing' };

describe('withLock', () => {
  it('lets one holder in at a time', async () => {
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
    expect(existsSync(lock)).toBe(false);
  });

  it('says who holds it when it may not wait', async () => {
    const lock = join(await tempDir(), 'lock');
    await withLock(lock, patient, async () => {
      await expect(withLock(lock, impatient, () => Promise.resolve())).rejects.toMatchObject({
        code: 'StateBusy',
        retryable: true,
        message: expect.stringContaining(`the thing is in use by process ${process.pid}`) as string,
      });
    });
  });

  it('takes over from a process that has died', async () => {
    const lock = join(await tempDir(), 'lock');
    const { pid } = spawnSync('true');
    writeFileSync(lock, String(pid));
    expect(await withLock(lock, impatient, () => Promise.resolve('in'))).toBe('in');
  });

  it('lets go when the work fails', async () => {
    const lock = join(await tempDir(), 'lock');
    await expect(withLock(lock, patient, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lock)).toBe(false);
  });

  it('does not take a directory in its place for a lock that is held', async () => {
    const lock = join(await tempDir(), 'lock');
    mkdirSync(lock);
    await expect(withLock(lock, impatient, () => Promise.resolve())).rejects.toMatchObject({
      code: 'StateBusy',
    });
  });
});
