import { mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { thisMachine } from '../../src/storage/machine.ts';
import { tempDir } from '../support/tempdir.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a directory to mount on', () => {
  it.each([
    ['a link', (real: string, link: string) => (symlinkSync(real, link), link)],
    ['a relative path', (real: string) => relative(process.cwd(), real)],
  ])('is called as the table of mounts calls it where TMPDIR is %s', async (_, tmpdirOf) => {
    const root = realpathSync(await tempDir());
    mkdirSync(join(root, 'real'));
    vi.stubEnv('TMPDIR', tmpdirOf(join(root, 'real'), join(root, 'link')));
    const directory = await thisMachine.makeDirectory();
    expect(dirname(directory)).toBe(join(root, 'real'));
    await thisMachine.removeDirectory(directory);
    rmSync(root, { recursive: true });
  });
});
