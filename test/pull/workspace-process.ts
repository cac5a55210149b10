/**
 * Run as a process of its own: works in a workspace so many times, and then says how often it was alone, was sent away,
 * and anything else.
 * usage: workspace-process.ts DIRECTORY TIMES
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { StowageError } from '../../src/errors.ts';
import { inWorkspace, type Workspace } from '../../src/pull/workspace.ts';

const [, , into = '', times = '0'] = process.argv;

async function work({ directory }: Workspace): Promise<string> {
  const [mark, mine] = [`${into}.mark`, join(directory, 'x.partial')];
  try {
    writeFileSync(mark, '', { flag: 'wx' });
  } catch {
    return 'two at once';
  }
  writeFileSync(mine, 'x');
  // Room for another process to come in, should the lock let it.
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  const isThere = existsSync(mine);
  rmSync(mine, { force: true });
  rmSync(mark);
  return isThere ? 'alone' : 'robbed';
}

const answers = new Set<string>();
for (let count = 0; count < Number(times); count += 1)
  answers.add(
    await inWorkspace(into, work).catch((error: unknown) =>
      error instanceof StowageError && error.code === 'StateBusy' ? 'busy' : String(error),
    ),
  );
process.send?.([...answers]);
