import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import type { ReadableStore } from '../../src/pull/image.ts';
import { verify } from '../../src/pull/verify.ts';
import { inWorkspace } from '../../src/pull/workspace.ts';
import { putImage, tarOf } from '../support/images.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { digestsIn, packFolder, pullFrom } from './support.ts';

const NEVER = new AbortController().signal;
const ELSEWHERE = '1-1@000000000000.0123456789ab';

let root: string;
let out: string;
let work: string;
beforeEach(async () => {
  root = await tempDir();
  out = join(root, 'out');
  work = join(out, '.stowage-pull');
});

function leave(path: string): void {
  mkdirSync(join(work, path, '..'), { recursive: true });
  writeFileSync(join(work, path), path);
}

/** What a pull finds in its directory. */
function found(): Promise<string[]> {
  return inWorkspace(out, ({ directory }) => Promise.resolve(readdirSync(directory).sort()));
}

describe('a workspace', () => {
  it('is of one process at a time, also while others come and go', async () => {
    const script = fileURLToPath(new URL('./workspace-process.ts', import.meta.url));
    const children = [1, 2, 3].map(() => fork(script, [out, '150'], { execArgv: [] }));
    onTestFinished(() => children.forEach((child) => void child.kill()));
    const answers = await Promise.all(children.map((child) => once(child, 'message')));
    const all = new Set((answers as [string[]][]).flatMap(([said]) => said));
    all.delete('busy');
    expect([...all]).toEqual(['alone']);
    expect(readdirSync(out)).toEqual([]);
  });

  it('leaves nothing where nothing was left', async () => {
    expect(await found()).toEqual([]);
    await rejectionOf(inWorkspace(out, () => Promise.reject(new Error('no'))));
    expect(readdirSync(out)).toEqual([]);
  });

  it('has what earlier pulls left, also those that were killed', async () => {
    leave('a.partial');
    leave('a.ranges');
    leave(`${spawnSync('true').pid}@000000000000.000000000000/b.partial`);
    leave(`${spawnSync('true').pid}/c.partial`);
    leave(`${ELSEWHERE}/d.partial`);
    expect(await found()).toEqual(['a.partial', 'a.ranges', 'b.partial', 'c.partial', 'd.partial']);
    // Afterwards it is there for the next.
    expect(readdirSync(work)).toEqual(['a.partial', 'a.ranges', 'b.partial', 'c.partial', 'd.partial']);
  });

  it('has nothing of a pull that runs, whatever has become of its lock', async () => {
    await inWorkspace(out, async ({ directory }) => {
      writeFileSync(join(directory, 'a.partial'), '');
      rmSync(join(work, 'lock'));
      expect(await found()).toEqual([]);
      expect(readdirSync(directory)).toEqual(['a.partial']);
    });
  });

  it('has nothing of files that have their names already', async () => {
    leave('a.partial');
    linkSync(join(work, 'a.partial'), join(out, 'a'));
    expect(await found()).toEqual([]);
    expect(readdirSync(out)).toEqual(['a']);
  });

  it('is not taken from a process of another container, whose number says nothing here', async () => {
    mkdirSync(work, { recursive: true });
    symlinkSync(ELSEWHERE, join(work, 'lock'));
    expect(await rejectionOf(found())).toMatchObject({
      code: 'StateBusy',
      message: expect.stringContaining('in another container') as string,
    });
    expect(readdirSync(work)).toEqual(['lock']);
  });
});

describe('two pulls into one directory at once', () => {
  it('never write to one file, even without a lock between them', async () => {
    const images = openLayout(join(root, 'images'));
    await putImage(images, [{ bytes: tarOf(['models/w', Buffer.alloc(3_000_000, 1)]) }]);
    const { promise: gate, resolve: go } = Promise.withResolvers<undefined>();
    const { promise: opened, resolve: isOpen } = Promise.withResolvers<undefined>();
    const wrong: ReadableStore = {
      name: images.name,
      readManifest: images.readManifest.bind(images),
      readBlob: images.readBlob.bind(images),
      async *readRange(blob, from, length, signal) {
        const isContent = length > 1_000_000;
        isOpen(undefined);
        if (isContent) await gate;
        for await (const chunk of images.readRange(blob, from, length, signal))
          yield isContent ? Buffer.alloc(chunk.length, 9) : chunk;
      },
    };
    const slow = rejectionOf(pullFrom(wrong, out));
    await opened;
    await expect.poll(() => readdirSync(work)).toContain('lock');
    rmSync(join(work, 'lock'));
    await pullFrom(join(root, 'images'), out);
    go(undefined);
    expect(await slow).toMatchObject({ code: 'RegistryCorrupt' });
    expect(readFileSync(join(out, 'w')).equals(Buffer.alloc(3_000_000, 1))).toBe(true);
  });
});

describe('a folder with what a killed pull left', () => {
  beforeEach(async () => {
    mkdirSync(join(root, 'model'));
    writeFileSync(join(root, 'model/config.json'), '{}');
    writeFileSync(join(root, 'model/weights.bin'), 'weights');
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`);
    await pullFrom(join(root, 'images'), out);
    leave(`${ELSEWHERE}/${'f'.repeat(64)}-0-100.partial`);
    symlinkSync(ELSEWHERE, join(work, 'lock'));
  });

  it('is verified but for that', async () => {
    rmSync(join(out, 'config.json'));
    const store = openLayout(join(root, 'images'));
    expect(await verify({ store, tag: 'v1', directory: out }, NEVER)).toMatchObject({
      right: 1,
      missing: ['config.json'],
      extra: ['.stowage-pull/'],
    });
  });

  it('is packed without it', async () => {
    await packFolder(out, `oci:${root}/again:v1`);
    await pullFrom(join(root, 'again'), join(root, 'other'));
    expect(digestsIn(join(root, 'other'))).toEqual(digestsIn(join(root, 'model')));
  });

  it('keeps it while other files are pulled', async () => {
    rmSync(join(work, 'lock'));
    await pullFrom(join(root, 'images'), out, { filter: { include: ['config.json'], exclude: [] } });
    expect(readdirSync(work)).toEqual([`${'f'.repeat(64)}-0-100.partial`]);
  });
});
