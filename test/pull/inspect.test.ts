import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { NoRanges } from '../../src/oci/no-ranges.ts';
import { HashThread } from '../../src/pull/hash-thread.ts';
import type { ReadableStore } from '../../src/pull/image.ts';
import { inspect } from '../../src/pull/inspect.ts';
import { putImage, tarOf, type TestLayer } from '../support/images.ts';
import { safetensorsBytes } from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';

const NEVER = new AbortController().signal;
const WEIGHTS = safetensorsBytes({ w: { dtype: 'BF16', shape: [30, 10] } });

let root: string;
beforeEach(async () => {
  root = await tempDir();
});

/** A store of one image that does other things than a layout does. */
async function storeOf(layer: TestLayer, other: Partial<ReadableStore>): Promise<ReadableStore> {
  const layout = openLayout(join(root, 'images'));
  await putImage(layout, [layer]);
  return {
    name: layout.name,
    readManifest: layout.readManifest.bind(layout),
    readBlob: layout.readBlob.bind(layout),
    readRange: layout.readRange.bind(layout),
    ...other,
  };
}

it("an image of others' is listed from a registry that gives no ranges, by the names of its files", async () => {
  const layout = openLayout(join(root, 'images'));
  const store = await storeOf(
    { bytes: tarOf(['models/a.safetensors', WEIGHTS]) },
    {
      readRange: (blob, from, length, signal) => {
        if (from > 0) throw new NoRanges('it');
        return layout.readRange(blob, from, length, signal);
      },
    },
  );
  const found = await inspect({ store, tag: 'v1' }, NEVER);
  expect(found.files).toMatchObject([{ path: 'models/a.safetensors', format: 'safetensors' }]);
});

it('a layer that must be read to its end is read so that a broken connection can be gone on from', async () => {
  const bytes = gzipSync(tarOf(['models/a', 'x']));
  const whole: string[] = [];
  const store = await storeOf({ bytes, mediaType: MEDIA.layerGzip }, {});
  const watched: ReadableStore = {
    ...store,
    readBlob: (blob, signal) => {
      whole.push(blob.mediaType);
      return store.readBlob(blob, signal);
    },
  };
  const found = await inspect({ store: watched, tag: 'v1' }, NEVER);
  expect(found.files).toMatchObject([{ path: 'models/a', size: 1 }]);
  expect(whole).not.toContain(MEDIA.layerGzip);
});

it('a thread that has ended answers that it has', async () => {
  const thread = new HashThread();
  await thread.end();
  await expect(thread.ask({ hash: 1, digest: true })).rejects.toThrow('has ended');
});
