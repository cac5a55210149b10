import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { diff, type Difference } from '../../src/pull/diff.ts';
import { readFolder, readImage, type Side } from '../../src/pull/sides.ts';
import { verify, type Verification } from '../../src/pull/verify.ts';
import { someBytes } from '../support/blob-sources.ts';
import { putImage, tarOf } from '../support/images.ts';
import { tempDir } from '../support/tempdir.ts';
import { packFolder, pullFrom } from './support.ts';

const MIB = 1024 ** 2;
const NEVER = new AbortController().signal;

let root: string;
beforeEach(async () => {
  root = await tempDir();
  for (const name of ['a', 'b']) {
    write(`${name}/big-1.bin`, someBytes(64 * MIB, 'one'));
    write(`${name}/big-2.bin`, someBytes(64 * MIB, 'two'));
    write(`${name}/config.json`, '{}');
    write(`${name}/sub/tokenizer`, 'words');
  }
});

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function image(tag: string): Promise<Side> {
  return readImage({ store: openLayout(join(root, 'images')), tag }, NEVER);
}

function compared(from: Side, to: Side): Promise<Difference> {
  return diff(from, to, NEVER);
}

async function changes(from: Side, to: Side): Promise<unknown> {
  const { same, added, removed, changed } = await compared(from, to);
  const paths = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);
  return { same, added: paths(added), removed: paths(removed), changed: paths(changed) };
}

describe('two versions', () => {
  beforeEach(async () => {
    await packFolder(join(root, 'a'), `oci:${root}/images:a`);
    write('b/big-2.bin', someBytes(64 * MIB, 'another two'));
    write('b/config.json', '[]');
    write('b/new', 'new');
    rmSync(join(root, 'b/sub'), { recursive: true });
  });

  it.each(['none', 'zstd'] as const)(
    'differ in the same way, whatever they lie in: compression %s',
    async (compression) => {
      await packFolder(join(root, 'b'), `oci:${root}/images:b`, compression);
      const expected = {
        same: false,
        added: ['new'],
        removed: ['sub/tokenizer'],
        changed: ['big-2.bin', 'config.json'],
      };
      const [a, b] = [await image('a'), await image('b')];
      const [here, there] = [
        await readFolder(join(root, 'a'), NEVER),
        await readFolder(join(root, 'b'), NEVER),
      ];
      expect(await changes(a, b)).toEqual(expected);
      expect(await changes(a, there)).toEqual(expected);
      expect(await changes(here, b)).toEqual(expected);
      expect(await changes(here, there)).toEqual(expected);
    },
  );

  it('do not differ where they are the same', async () => {
    await packFolder(join(root, 'b'), `oci:${root}/images:b`);
    const there = await readFolder(join(root, 'b'), NEVER);
    const nothing = { same: true, added: [], removed: [], changed: [] };
    expect(await changes(await image('b'), there)).toEqual(nothing);
    expect(await changes(there, await image('b'))).toEqual(nothing);
    expect(await changes(there, there)).toEqual(nothing);
  });

  it('of one repository cost what the second had to send', async () => {
    await packFolder(join(root, 'b'), `oci:${root}/images:b`);
    const { toSend = 0 } = (await compared(await image('a'), await image('b'))).bytes;
    expect(toSend).toBeGreaterThan(64 * MIB);
    expect(toSend).toBeLessThan(64 * MIB + 6 * 1024);
    expect((await compared(await image('a'), await image('a'))).bytes.toSend).toBe(0);
  });

  it('cost what has to be sent', async () => {
    const bundle = 64 * MIB + 6 * 1024;
    const there = await readFolder(join(root, 'b'), NEVER);
    const toFolder = (await compared(await image('a'), there)).bytes.toSend ?? 0;
    expect(toFolder).toBeGreaterThan(64 * MIB);
    expect(toFolder).toBeLessThan(bundle);
    expect((await compared(await image('a'), await readFolder(join(root, 'a'), NEVER))).bytes.toSend).toBe(0);
    expect((await compared(there, await image('a'))).bytes).not.toHaveProperty('toSend');
  });
});

describe('a folder beside an image', () => {
  const right = { verified: true, right: 4, missing: [], differing: [], extra: [] };

  async function verified(): Promise<Omit<Verification, 'image' | 'digest' | 'directory'>> {
    const store = openLayout(join(root, 'images'));
    const found = await verify({ store, tag: 'v1', directory: join(root, 'out') }, NEVER);
    return {
      verified: found.verified,
      right: found.right,
      missing: found.missing,
      differing: found.differing,
      extra: found.extra,
    };
  }

  beforeEach(async () => {
    await packFolder(join(root, 'a'), `oci:${root}/images:v1`);
    await pullFrom(join(root, 'images'), join(root, 'out'));
  });

  it('is right when it was pulled', async () => {
    expect(await verified()).toEqual(right);
  });

  it.each<[string, () => void, object]>([
    [
      'a file is missing',
      () => rmSync(join(root, 'out/config.json')),
      { right: 3, missing: ['config.json'] },
    ],
    ['a file is too much', () => write('out/sub/other', ''), { extra: ['sub/other'] }],
    [
      'a small file has changed',
      () => write('out/config.json', '[]'),
      { right: 3, differing: ['config.json'] },
    ],
    [
      'a file has another size',
      () => write('out/config.json', '{} '),
      { right: 3, differing: ['config.json'] },
    ],
    [
      'one bit of a large file is another',
      () => write('out/big-1.bin', flipped(someBytes(64 * MIB, 'one'))),
      { right: 3, differing: ['big-1.bin'] },
    ],
    [
      'a pull was interrupted',
      () => mkdirSync(join(root, 'out/.stowage-pull')),
      { extra: ['.stowage-pull/'] },
    ],
  ])('is not right when %s', async (_, change, expected) => {
    change();
    expect(await verified()).toEqual({ ...right, verified: false, ...expected });
  });

  it('may be made of links', async () => {
    rmSync(join(root, 'out/config.json'));
    write('out/sub/real', '{}');
    symlinkSync('sub/real', join(root, 'out/config.json'));
    expect(await verified()).toMatchObject({ right: 4, extra: ['sub/real'] });
  });

  it('is right beside an image with other bytes than zeros between its files', async () => {
    rmSync(join(root, 'out'), { recursive: true });
    const tar = tarOf(['models/x', 'one']);
    await putImage(openLayout(join(root, 'images')), [{ bytes: tar.fill(0x55, 512 + 3, 1024) }]);
    write('out/x', 'one');
    expect(await verified()).toEqual({ ...right, right: 1 });
  });

  it('is held to whatever image it is', async () => {
    rmSync(join(root, 'out'), { recursive: true });
    const tar = tarOf(['models/x', 'one'], ['models/y', 'two']);
    await putImage(openLayout(join(root, 'images')), [{ bytes: gzipSync(tar), mediaType: MEDIA.layerGzip }]);
    write('out/x', 'one');
    write('out/y', 'TWO');
    expect(await verified()).toEqual({ ...right, verified: false, right: 1, differing: ['y'] });
  });
});

function flipped(bytes: Buffer): Buffer {
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return bytes;
}
