import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileListDigest, FILES_ANNOTATION, type ListedFile } from '../../src/image/file-list.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA, type Descriptor } from '../../src/oci/manifest.ts';
import type { ReferrerStore } from '../../src/oci/target.ts';
import type { ReadableStore } from '../../src/pull/image.ts';
import { RECORD_TYPE } from '../../src/record/record.ts';
import { putImage, tarOf } from '../support/images.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { filesIn, pullFrom } from './support.ts';

type Store = ReadableStore & ReferrerStore & { received: number };

let root: string;
let out: string;
beforeEach(async () => {
  root = await tempDir();
  out = join(root, 'out');
});

const TAR = tarOf(['models/a', 'aaaa'], ['models/b', 'bb']);
const A: ListedFile = { path: 'a', size: 4, offset: 512, digest: digestOf('aaaa') };
const B: ListedFile = { path: 'b', size: 2, offset: 1536, digest: digestOf('bb') };

interface Listed {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly list: readonly ListedFile[];
}

/** An image of one layer whose manifest pins this list, with a record beside it. */
async function storeOf({ bytes, mediaType, list }: Listed): Promise<Store> {
  const layout = openLayout(join(root, 'images'));
  await putImage(layout, [
    { bytes, mediaType, annotations: { [FILES_ANNOTATION]: fileListDigest(list) } },
    { bytes: tarOf(['models/c', 'c']) },
  ]);
  const [digest, diffId] = [digestOf(bytes), digestOf(TAR)];
  const layer = { title: 'files-1.tar', mediaType, digest, diffId, size: bytes.length };
  const record = Buffer.from(
    JSON.stringify({
      version: 1,
      storage: 'a'.repeat(64),
      layers: [{ ...layer, headers: 'b'.repeat(64), files: list }],
    }),
  );
  return withRecord(layout, record);
}

function withRecord(layout: ReadableStore, record: Buffer): Store {
  const blob = { mediaType: RECORD_TYPE, digest: digestOf(record), size: record.length };
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
  const head = { schemaVersion: 2, mediaType: MEDIA.manifest, artifactType: RECORD_TYPE };
  const bytes = Buffer.from(JSON.stringify({ ...head, config, layers: [blob] }));
  const descriptor = { mediaType: MEDIA.manifest, digest: digestOf(bytes), size: bytes.length };
  const store: Store = {
    name: layout.name,
    received: 0,
    readBlob: layout.readBlob.bind(layout),
    async *readRange(layer: Descriptor, from: number, length: number, signal: AbortSignal) {
      for await (const chunk of layout.readRange(layer, from, length, signal)) {
        store.received += chunk.length;
        yield chunk;
      }
    },
    readManifest: (name, signal) =>
      name === descriptor.digest ? Promise.resolve({ descriptor, bytes }) : layout.readManifest(name, signal),
    listReferrers: () => Promise.resolve([descriptor]),
    readSmallBlob: () => Promise.resolve(record),
    writeReferrer: () => Promise.reject(new Error('nobody writes here')),
  };
  return store;
}

describe.each([
  ['plain', TAR, MEDIA.layer],
  ['compressed', gzipSync(TAR), MEDIA.layerGzip],
])('a list that the image pins, of a layer that is %s', (_, bytes, mediaType) => {
  it('is what is pulled by', async () => {
    await pullFrom(await storeOf({ bytes, mediaType, list: [A, B] }), out);
    expect(Object.keys(filesIn(out))).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, ListedFile[]]>([
    ['another digest', [{ ...A, digest: digestOf('else') }, B]],
    ['another size', [{ ...A, size: 2, digest: digestOf('aa') }, B]],
    ['another place', [{ ...A, offset: 514, size: 2, digest: digestOf('aa') }, B]],
  ])('and has %s of a file shows nothing under its name', async (__, list) => {
    const error = await rejectionOf(pullFrom(await storeOf({ bytes, mediaType, list }), out));
    expect(['ImageInvalid', 'RegistryCorrupt']).toContain(error.code);
    expect(existsSync(join(out, 'a'))).toBe(false);
  });

  it.each<[string, ListedFile[]]>([
    ['has two files in one place', [A, { ...A, path: 'b' }]],
    ['has two files of one path', [A, { ...B, path: 'a' }]],
  ])('and %s is none: the layer itself is asked', async (__, list) => {
    await pullFrom(await storeOf({ bytes, mediaType, list }), out);
    expect(filesIn(out)).toMatchObject({
      a: Buffer.from('aaaa').toString('base64'),
      b: Buffer.from('bb').toString('base64'),
    });
  });
});

it('a list that leads out of a layer is none', async () => {
  const list = [A, { ...B, offset: 1_000_000 }];
  await pullFrom(await storeOf({ bytes: TAR, mediaType: MEDIA.layer, list }), out);
  expect(Object.keys(filesIn(out))).toEqual(['a', 'b', 'c']);
});

it('of compressed layers that are listed, none is fetched for files of other layers', async () => {
  const bytes = gzipSync(TAR);
  const store = await storeOf({ bytes, mediaType: MEDIA.layerGzip, list: [A, B] });
  const report = await pullFrom(store, out, { filter: { include: ['c'], exclude: [] } });
  expect(Object.keys(filesIn(out))).toEqual(['c']);
  expect(report.bytes.received).toBe(1);
  await pullFrom(store, out);
  expect((await pullFrom(store, out)).bytes).toMatchObject({ received: 0, same: 7 });
});
