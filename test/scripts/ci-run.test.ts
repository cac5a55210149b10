import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/tempdir.ts';

const RUN = join(import.meta.dirname, '../../.ci/run');

/** Runs CI with an npm that does this instead of the tests. */
async function ci(npm: string): Promise<{ code: number | null; last: string | undefined }> {
  const root = await tempDir();
  mkdirSync(join(root, '.ci'));
  mkdirSync(join(root, 'bin'));
  copyFileSync(RUN, join(root, '.ci/run'));
  writeFileSync(join(root, 'bin/npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: [join(root, 'bin'), process.env.PATH].join(delimiter) };
  const { status, stdout } = spawnSync(join(root, '.ci/run'), { env, encoding: 'utf8' });
  return { code: status, last: stdout.trimEnd().split('\n').at(-1) };
}

describe('the last line of CI', () => {
  it.each([
    ['what the tests came to', 'echo "12 passed, 0 failed"', 0, '12 passed, 0 failed'],
    ['what the tests came to when some fail', 'echo "11 passed, 1 failed"; exit 1', 1, '11 passed, 1 failed'],
    [
      'a failure when the dependencies cannot be installed',
      'echo "npm error" >&2; exit 7',
      7,
      '0 passed, 1 failed',
    ],
    ['a failure when the tests ended without a word', 'echo "1 passed"; exit 0', 1, '0 passed, 1 failed'],
    ['a failure when a test was killed', 'kill -KILL $$', 137, '0 passed, 1 failed'],
  ])('is %s', async (_, npm, code, last) => {
    expect(await ci(npm)).toEqual({ code, last });
  });
});
