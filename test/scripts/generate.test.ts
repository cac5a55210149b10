import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/tempdir.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Runs the generator in a directory. */
async function generate(cwd: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  const run = promisify(execFile)(process.execPath, [join(ROOT, 'scripts/generate.ts'), ...args], { cwd });
  return run.then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: unknown) => error as { code: number; stderr: string },
  );
}

/** Paths of all files below a directory. */
async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile());
  return files.map((each) => relative(directory, join(each.parentPath, each.name))).sort();
}

describe('npm run generate', () => {
  it('writes what is committed', async () => {
    const directory = await tempDir();
    expect(await generate(directory)).toEqual({ code: 0, stderr: '' });
    const files = await filesBelow(directory);
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      expect(await readFile(join(directory, file), 'utf8')).toBe(await readFile(join(ROOT, file), 'utf8'));
    }
  });

  it('with --check fails on a missing and on an edited file, and names it', async () => {
    const directory = await tempDir();
    const missing = await generate(directory, '--check');
    await generate(directory);
    const files = await filesBelow(directory);
    const sorted = missing.stderr.trim().split('\n').sort();
    expect(missing.code).toBe(1);
    expect(sorted).toEqual(files.map((file) => `${file} is not what the sources say. Run: npm run generate`));
    expect(await generate(directory, '--check')).toEqual({ code: 0, stderr: '' });
    await writeFile(join(directory, files[0]!), 'edited');
    expect(await generate(directory, '--check')).toMatchObject({
      code: 1,
      stderr: `${files[0]!} is not what the sources say. Run: npm run generate\n`,
    });
  });
});
