import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { hexOf } from '../../src/oci/digest.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { leavePartial } from '../support/killed-writer.ts';
import { tempDir } from '../support/tempdir.ts';

const write = { signal: new AbortController().signal };
const BLOB = blobSource(someBytes(1000));
const PARTIAL = /^\.stowage-.*\.partial$/;

function partials(directory: string): string[] {
  return readdirSync(directory).filter((name) => PARTIAL.test(name));
}

describe('a partial file in a layout', () => {
  it('that a killed process left lies beside the blobs, and the next build removes it', async () => {
    const directory = await tempDir();
    await leavePartial(directory);
    expect(partials(directory)).toHaveLength(1);
    expect(readdirSync(join(directory, 'blobs', 'sha256'))).toEqual([]);

    await openLayout(directory).writeBlob(BLOB, write);
    expect(readdirSync(directory)).toEqual(['blobs']);
    expect(readdirSync(join(directory, 'blobs', 'sha256'))).toEqual([hexOf(BLOB.contentDigest)]);
  });

  it('of a build that still runs stays', async () => {
    const directory = await tempDir();
    const seen: number[] = [];
    const slow = blobSource(someBytes(200_000, 'slow'), {
      beforeChunk: async () => {
        await openLayout(directory).writeBlob(BLOB, write);
        seen.push(partials(directory).length);
      },
    });
    await openLayout(directory).writeBlob(slow, write);
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(partials(directory)).toEqual([]);
  });

  it.each([
    ['is removed when nobody has written to it for a day', 25, 0],
    ['stays when somebody may still write to it', 23, 1],
  ])('of another machine or container %s', async (_, hours, left) => {
    const directory = await tempDir();
    const path = join(directory, '.stowage-0123456789ab-1-77.0123456789ab.partial');
    writeFileSync(path, 'x');
    const then = Date.now() / 1000 - hours * 3600;
    utimesSync(path, then, then);
    await openLayout(directory).writeBlob(BLOB, write);
    expect(partials(directory)).toHaveLength(left);
  });

  it('of somebody else stays', async () => {
    const directory = await tempDir();
    writeFileSync(join(directory, 'video.partial'), 'x');
    utimesSync(join(directory, 'video.partial'), 1, 1);
    await openLayout(directory).writeBlob(BLOB, write);
    expect(readdirSync(directory)).toContain('video.partial');
  });
});
