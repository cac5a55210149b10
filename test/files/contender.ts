/**
 * Run as a process of its own: for each message it takes the lock, and answers whether it was alone in it.
 * usage: contender.ts LOCK
 */
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { withLock } from '../../src/files/lock.ts';

const [, , lock = ''] = process.argv;

async function isAlone(): Promise<boolean> {
  try {
    closeSync(openSync(`${lock}.inside`, 'wx'));
  } catch {
    return false;
  }
  // Room for another process to come in, should the lock let it.
  for (let turn = 0; turn < 200; turn++) await setImmediate();
  unlinkSync(`${lock}.inside`);
  return true;
}

process.on('message', () => {
  void withLock(lock, { waitMs: 10_000, what: 'the lock' }, isAlone).then((alone) => process.send?.(alone));
});
process.send?.('ready');
