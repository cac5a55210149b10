import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/tempdir.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = [
  'deploy/crds/model.kubedl.io_models.yaml',
  'deploy/crds/model.kubedl.io_modelversions.yaml',
  'docs/cli.md',
  'docs/declaration.md',
  'docs/troubleshooting.md',
];

/** Runs the generator in a directory. */
async function generate(cwd: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  const run = promisify(execFile)(process.execPath, [join(ROOT, 'scripts/generate.ts'), ...args], { cwd });
  return run.then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: unknown) => error as { code: number; stderr: string },
  );
}

describe('npm run generate', () => {
  it('writes what is committed', async () => {
    const directory = await tempDir();
    expect(await generate(directory)).toEqual({ code: 0, stderr: '' });
    for (const file of FILES) {
      expect(await readFile(join(directory, file), 'utf8')).toBe(await readFile(join(ROOT, file), 'utf8'));
    }
  });

  it('with --check fails on a missing and on an edited file, and names it', async () => {
    const directory = await tempDir();
    expect(await generate(directory, '--check')).toMatchObject({
      code: 1,
      stderr: FILES.map((file) => `${file} is not what the sources say. Run: npm run generate\n`).join(''),
    });
    await generate(directory);
    expect(await generate(directory, '--check')).toEqual({ code: 0, stderr: '' });
    await writeFile(join(directory, FILES[0]!), 'edited');
    expect(await generate(directory, '--check')).toMatchObject({
      code: 1,
      stderr: `${FILES[0]} is not what the sources say. Run: npm run generate\n`,
    });
  });
});
