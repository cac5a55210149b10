import { chown, lutimes, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';
import { makeModelTree } from './model-tree.ts';
import { it } from './packed.ts';
import { pack, packWith, run } from './programs.ts';

describeWith(['distribution-registry'], 'the digest', () => {
  it('is the same in a registry and in a layout', ({ pushed, laidOut }) => {
    expect(laidOut.report.digest).toBe(pushed.report.digest);
  });

  it('is the same for a copy made in another order, at other times, with other owners and modes', async ({
    laidOut,
  }) => {
    const root = await tempDir();
    const copy = join(root, 'copy');
    await mkdir(copy);
    await makeModelTree(copy, (paths) => paths.toReversed());
    await disguise(copy);
    await run('chmod', ['-R', 'u+rwX,g-rwx,o-rwx', copy]);
    expect((await pack(copy, `oci:${join(root, 'layout')}:v1`)).digest).toBe(laidOut.report.digest);
  });

  it('is the same in two time zones and languages', async ({ model, laidOut }) => {
    const root = await tempDir();
    const env = { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', XDG_CACHE_HOME: root };
    const report = await packWith(env, model, `oci:${join(root, 'layout')}:v1`);
    expect(report.digest).toBe(laidOut.report.digest);
  });
});

/** Gives every file and directory another owner, where the user may, and another time. */
async function disguise(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (process.getuid?.() === 0 && !entry.isSymbolicLink()) await chown(path, 12345, 54321);
    await lutimes(path, 1, 1_234_567_890);
  }
}
