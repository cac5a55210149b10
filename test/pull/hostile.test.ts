import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { collectMembers, type Collected } from '../../src/pull/collect-members.ts';
import { inspect } from '../../src/pull/inspect.ts';
import { ListingBudget } from '../../src/pull/listing-budget.ts';
import { StreamInput } from '../../src/pull/tar-inputs.ts';
import { metaHeader, putImage, rawHeader, tarOf, type TestLayer } from '../support/images.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { pullFrom } from './support.ts';

const NEVER = new AbortController().signal;

let root: string;
let out: string;
beforeEach(async () => {
  root = await tempDir();
  out = join(root, 'out');
});

async function put(...layers: TestLayer[]): Promise<string> {
  await putImage(openLayout(join(root, 'images')), layers);
  return join(root, 'images');
}

/** Files of the model that are in the directory: none may be. */
function written(): string[] {
  return existsSync(out) ? readdirSync(out).filter((name) => name !== '.stowage-pull') : [];
}

describe('an image that wants out of the directory', () => {
  it.each<[string, Buffer, string]>([
    ['by its path', tarOf(['models/../../escaped', 'x']), 'FileRefused'],
    ['by its path at the end', tarOf(['models/a/..', 'x']), 'FileRefused'],
    [
      'through a link',
      tarOf({ type: 'symlink', path: 'models/l', target: '/tmp' }, ['models/a', 'x']),
      'LinkRefused',
    ],
    [
      'through a hard link',
      tarOf({ raw: rawHeader({ name: 'models/h', type: '1', link: '../../etc/passwd' }) }, ['models/a', 'x']),
      'LinkRefused',
    ],
    [
      'with a device',
      tarOf({ raw: rawHeader({ name: 'models/null', type: '3' }) }, ['models/a', 'x']),
      'FileRefused',
    ],
    [
      'with a FIFO',
      tarOf({ raw: rawHeader({ name: 'models/pipe', type: '6' }) }, ['models/a', 'x']),
      'FileRefused',
    ],
    ['in our own directory', tarOf(['models/.stowage-pull/lock', 'x']), 'FileRefused'],
    [
      'with a name of no text',
      tarOf({ raw: rawHeader({ name: Buffer.from([0x6d, 0xff]), type: '0' }) }, ['models/a', 'x']),
      'FileRefused',
    ],
    [
      'with a name longer than all',
      tarOf({ raw: metaHeader('L', 'n'.repeat(70_000)) }, ['x', 'x'], ['models/a', 'x']),
      'FileRefused',
    ],
  ])('%s writes nothing', async (_, bytes, code) => {
    expect(await rejectionOf(pullFrom(await put({ bytes }), out))).toMatchObject({ code });
    expect(
      await rejectionOf(pullFrom(await put({ bytes: gzipSync(bytes), mediaType: MEDIA.layerGzip }), out)),
    ).toMatchObject({ code });
    expect(written()).toEqual([]);
    expect(existsSync(join(root, 'escaped'))).toBe(false);
  });

  it('through a link of its own is given a directory in its place', async () => {
    const bytes = tarOf({ type: 'symlink', path: 'models/l', target: '/tmp' }, ['models/l/escaped', 'x']);
    await pullFrom(await put({ bytes }), out);
    expect(readdirSync(out, { recursive: true }).sort()).toEqual(['l', 'l/escaped']);
  });

  it('with links can be pulled without them', async () => {
    const bytes = tarOf({ type: 'symlink', path: 'models/l', target: '/tmp' }, ['models/a', 'x']);
    await pullFrom(await put({ bytes }), out, { filter: { include: [], exclude: ['l'] } });
    expect(written()).toEqual(['a']);
  });

  it('by a name can be pulled where files are chosen', async () => {
    const bytes = tarOf(['models/../../escaped', 'x'], ['models/a', 'x']);
    await pullFrom(await put({ bytes }), out, { filter: { include: ['a'], exclude: [] } });
    expect(written()).toEqual(['a']);
    expect(existsSync(join(root, 'escaped'))).toBe(false);
  });

  it('where the directory of partial files is a link is not pulled', async () => {
    mkdirSync(out);
    mkdirSync(join(root, 'elsewhere'));
    symlinkSync('../elsewhere', join(out, '.stowage-pull'));
    const images = await put({ bytes: tarOf(['models/a', 'x']) });
    expect(await rejectionOf(pullFrom(images, out))).toMatchObject({ code: 'FileRefused' });
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });
});

describe('an image that lies', () => {
  const good = tarOf(['models/a', 'x'.repeat(5000)]);
  it.each<[string, TestLayer]>([
    ['about the digest of a layer', { bytes: good, claims: { digest: digestOf('other') } }],
    ['about a smaller size', { bytes: good, claims: { size: good.length - 1024 } }],
    ['about a larger size', { bytes: good, claims: { size: good.length + 512 } }],
    ['about a size beyond all disks', { bytes: good, claims: { size: 2 ** 52 } }],
    [
      'about a size in a header',
      {
        bytes: tarOf(
          { raw: rawHeader({ name: 'models/a', type: '0', size: 2 ** 32 }) },
          { raw: Buffer.alloc(512) },
        ),
      },
    ],
    [
      'about compression',
      { bytes: Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(500, 1)]), mediaType: MEDIA.layerGzip },
    ],
    ['about half of a gzip', { bytes: gzipSync(good).subarray(0, 50), mediaType: MEDIA.layerGzip }],
    ['about being a tar', { bytes: Buffer.alloc(5000, 'x') }],
    ['and is compressed twice', { bytes: gzipSync(gzipSync(good)), mediaType: MEDIA.layerGzip }],
  ])('%s writes nothing', async (_, layer) => {
    const images = await put(layer);
    const { code } = await rejectionOf(pullFrom(images, out));
    expect(['RegistryCorrupt', 'ImageInvalid', 'LayoutInvalid', 'OutOfDisk']).toContain(code);
    expect(written()).toEqual([]);
  });

  it('about single bytes of a file writes nothing, and not the second time either', async () => {
    const changed = Buffer.from(good);
    changed.writeUInt8(0x79, 1000);
    const images = await put({ bytes: changed, claims: { digest: digestOf(good) } }, { bytes: tarOf() });
    // The blob that the manifest names holds other bytes.
    const { copyFileSync } = await import('node:fs');
    const blob = (bytes: Buffer): string => join(images, 'blobs/sha256', digestOf(bytes).slice(7));
    copyFileSync(blob(changed), blob(good));
    for (let count = 0; count < 2; count += 1)
      expect(await rejectionOf(pullFrom(images, out))).toMatchObject({ code: 'RegistryCorrupt' });
    expect(written()).toEqual([]);
  });
});

describe('a hostile image that is inspected', () => {
  it('shows what cannot be placed', async () => {
    const bytes = tarOf(['../escaped', 'x'], { type: 'symlink', path: 'l', target: '/etc' }, ['a', 'x']);
    const found = await inspect({ store: openLayout(await put({ bytes })), tag: 'v1' }, NEVER);
    expect(found.files.map(({ path }) => path)).toEqual(['a']);
    expect(found.others).toEqual([
      { path: 'l', kind: 'symlink', link: '/etc' },
      { path: '"../escaped"', kind: 'misplaced' },
    ]);
  });
});

describe('an image that wants all memory', () => {
  const tar = tarOf(['models/a', 'x'], ['models/b', 'x']);
  const list = (budget: ListingBudget): Promise<Collected> =>
    collectMembers('it', new StreamInput(Readable.from([tar])), tar.length, {
      budget,
      tail: () => Promise.resolve(Buffer.alloc(1024)),
    });

  it('has one number of members, whatever the number of its layers', async () => {
    const budget = new ListingBudget();
    for (let count = 0; count < 499_997; count += 1) budget.takeMember(0);
    expect((await list(budget)).members).toHaveLength(2);
    expect(await rejectionOf(list(budget))).toMatchObject({ code: 'ImageInvalid' });
  });

  it('has one number of bytes of paths', async () => {
    const budget = new ListingBudget();
    budget.takeMember(64 * 1024 ** 2 - 20);
    expect((await list(budget)).members).toHaveLength(2);
    expect(await rejectionOf(list(budget))).toMatchObject({ code: 'ImageInvalid' });
  });

  it('is listed without what is around its files when that is too much', async () => {
    const budget = new ListingBudget();
    expect((await list(budget)).frame).toBeDefined();
    expect(budget.takePiece(64 * 1024 ** 2 - 6000)).toBe(true);
    expect(await list(budget)).toMatchObject({ members: [{ path: 'models/a' }, { path: 'models/b' }] });
    expect((await list(budget)).frame).toBeUndefined();
    // What was not kept is given back.
    expect(budget.takePiece(1000)).toBe(true);
  });
});
