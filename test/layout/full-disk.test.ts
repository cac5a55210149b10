import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runStowage } from '../support/stowage.ts';
import { someBytes } from '../support/blob-sources.ts';
import { tempDir } from '../support/tempdir.ts';

const MIB = 1024 * 1024;

/** In CI a skipped test is a failure (scripts/test-summary.ts). */
const title = 'a layout on a disk that is full';
if (mayMount()) describe(title, tests);
else describe.skip(`${title} (skipped: mounting takes root)`, tests);

function tests(): void {
  it.each([
    ['a layer does not fit', 2 * MIB, undefined],
    ['there is no room for the manifest', 200_000, 2],
  ])('ends with OutOfDisk where %s, with no tag and no part of a blob', async (_, modelBytes, freePages) => {
    const root = await tempDir();
    mkdirSync(join(root, 'model'));
    writeFileSync(join(root, 'model', 'weights.bin'), someBytes(modelBytes));
    const disk = smallDisk(join(root, 'disk'), MIB);
    const pack = ['pack', 'model', '--to', 'oci:disk/images:v1', '-o', 'json', '--progress', 'off'];
    const env = { XDG_CACHE_HOME: join(root, 'cache') };
    if (freePages !== undefined) fillUp(disk, layersOf(modelBytes) + freePages * 4096);

    const { code, stdout, stderr } = await runStowage(pack, { cwd: root, env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'OutOfDisk' } });
    expect(stderr).toContain('no space left for ');
    expect(readdirSync(join(disk, 'images'))).toEqual(['blobs']);
    for (const name of readdirSync(join(disk, 'images/blobs/sha256'))) expect(name).toMatch(/^[0-9a-f]{64}$/);
  });
}

function mayMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const directory = mkdtempSync(join(tmpdir(), 'stowage-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]).status === 0;
  if (mounted) execFileSync('umount', [directory]);
  rmSync(directory, { recursive: true });
  return mounted;
}

/** A disk of so many bytes, mounted until the running test has ended. */
function smallDisk(directory: string, bytes: number): string {
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory]);
  onTestFinished(() => void execFileSync('umount', [directory]));
  return directory;
}

/** What the image of the model takes before its manifest: its archive and that of the link, each in whole pages. */
function layersOf(modelBytes: number): number {
  return Math.ceil((modelBytes + 4 * 512) / 4096) * 4096 + 4096;
}

function fillUp(disk: string, leave: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'other'), Buffer.alloc(bavail * bsize - leave));
}
