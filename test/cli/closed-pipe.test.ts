import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/tempdir.ts';

const STOWAGE = resolve(import.meta.dirname, '../../stowage');

/** Runs a line of shell in a directory with a model in `model/`; `$STOWAGE` is the launcher. */
async function shell(line: string): Promise<{ stdout: string; stderr: string; cwd: string }> {
  const cwd = await tempDir();
  mkdirSync(join(cwd, 'model'));
  writeFileSync(join(cwd, 'model', 'config.json'), '{}');
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, STOWAGE, STOWAGE_STATE: join(cwd, 'state') };
  return { ...(await promisify(execFile)('bash', ['-c', `set -o pipefail; ${line}`], { cwd, env })), cwd };
}

describe('a reader that goes away', () => {
  it('of results ends the process quietly', async () => {
    const { stderr } = await shell('"$STOWAGE" crds | true; echo "${PIPESTATUS[0]}"');
    expect(stderr).toBe('');
  });

  it('of progress does not stop the build', async () => {
    const { stdout } = await shell(
      '{ "$STOWAGE" pack model --to oci:images:v1 2>&1 >&3 | true; } 3>&1 || true; "$STOWAGE" pack model --to oci:images:v1 -o json',
    );
    expect(stdout).toContain('"exists"');
  });
});
