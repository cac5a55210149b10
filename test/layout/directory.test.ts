import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { digestOf, hexOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { tempDir } from '../support/tempdir.ts';

const signal = new AbortController().signal;
const BLOB = blobSource(someBytes(1000));

describe('a directory that is to become a layout', () => {
  it.each([
    ['a blob', (directory: string) => openLayout(directory).writeBlob(BLOB, { signal })],
    [
      'a manifest',
      (directory: string) =>
        openLayout(directory).writeManifest(MEDIA.manifest, BLOB.bytes, { tag: 'v1', signal }),
    ],
  ])('and holds something else is refused before %s is written', async (_, write) => {
    const directory = await tempDir();
    writeFileSync(join(directory, 'letters.txt'), '');
    await expect(write(directory)).rejects.toMatchObject({
      code: 'LayoutInvalid',
      message: expect.stringContaining('is not empty either: it holds "letters.txt"') as string,
      hint: expect.stringContaining('empty or new directory') as string,
    });
    expect(readdirSync(directory)).toEqual(['letters.txt']);
  });

  it('is taken where it is a layout, whatever lies beside', async () => {
    const directory = await tempDir();
    writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(join(directory, 'README.md'), '');
    await openLayout(directory).writeBlob(BLOB, { signal });
    expect(await openLayout(directory).hasBlob(BLOB.contentDigest, signal)).toBe(true);
  });

  it('is taken where it is the root of a new disk, and where a build ended early', async () => {
    const directory = await tempDir();
    mkdirSync(join(directory, 'lost+found'));
    await openLayout(directory).writeBlob(BLOB, { signal });
    await openLayout(directory).writeBlob(BLOB, { signal });
    expect(readdirSync(directory).sort()).toEqual(['blobs', 'lost+found']);
  });

  it('is refused where it is a file', async () => {
    const file = join(await tempDir(), 'file');
    writeFileSync(file, '');
    await expect(openLayout(file).writeBlob(BLOB, { signal })).rejects.toMatchObject({
      code: 'LayoutInvalid',
    });
  });
});

describe('a blob whose end was lost', () => {
  it('is not taken for the one that is meant', async () => {
    const directory = await tempDir();
    const layout = openLayout(directory);
    await layout.writeBlob(BLOB, { signal });
    const digest = digestOf(BLOB.bytes);
    expect(await layout.hasBlob(digest, signal, 1000)).toBe(true);
    truncateSync(join(directory, 'blobs', 'sha256', hexOf(digest)), 0);
    expect(await layout.hasBlob(digest, signal, 1000)).toBe(false);
  });
});
