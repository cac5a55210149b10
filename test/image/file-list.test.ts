import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fileListDigest, filePlaces, fileListText } from '../../src/image/file-list.ts';
import { layerDescriptor } from '../../src/image/manifest.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { LayerHash } from '../../src/pack/layer-hash.ts';
import { LayerStream } from '../../src/pack/layer-stream.ts';
import { artifactFile, collect, layerOf, reading } from '../support/layers.ts';
import { tempDir } from '../support/tempdir.ts';

const FILES = [
  { path: 'config.json', size: 2, offset: 1536, digest: digestOf('{}') },
  { path: 'a "b"\n/ü', size: 0, offset: 3072, digest: digestOf('') },
];

describe("the list of a layer's files", () => {
  it('has exactly this text', () => {
    expect(fileListText(FILES)).toBe(
      `${digestOf('{}')} 2 1536 "config.json"\n${digestOf('')} 0 3072 "a \\"b\\"\\n/ü"\n`,
    );
    expect(fileListDigest(FILES)).toBe(digestOf(fileListText(FILES)));
    expect(fileListDigest(FILES)).toBe(
      'sha256:0b64f1b7e5743cf497eea4c7e9399fa5212c5f4b081a84ba08f987bfcafdff04',
    );
  });

  it('is pinned by an annotation where a layer has several files, and by none where it has not', () => {
    const layer = { title: 'files-1.tar', mediaType: MEDIA.layer, size: 4096 } as const;
    const digests = { digest: digestOf('layer'), diffId: digestOf('layer') };
    expect(layerDescriptor({ ...layer, ...digests, listed: FILES }).annotations).toEqual({
      'model.kubedl.io/files': fileListDigest(FILES),
      'org.opencontainers.image.title': 'files-1.tar',
    });
    expect(layerDescriptor({ ...layer, ...digests }).annotations).toEqual({
      'org.opencontainers.image.title': 'files-1.tar',
    });
  });

  it('says where the bytes of each file lie in the tar, and their digest is that of its reading', async () => {
    const root = await tempDir();
    const long = `${'deep/'.repeat(40)}${'name'.repeat(30)}`;
    const contents = { 'a.json': '{}', 'dir/b.txt': 'b'.repeat(700), empty: '', [long]: 'at the end' };
    const files = Object.entries(contents).map(([path, content]) => artifactFile(root, path, content));
    const layer = layerOf(...files);
    const hash = new LayerHash(layer);
    const stream = new LayerStream(layer, reading(), { hash, from: 0, signal: new AbortController().signal });
    const { bytes } = await collect(stream);
    const places = filePlaces(layer);
    expect(places.map(({ path }) => path).sort()).toEqual(Object.keys(contents).sort());
    for (const { path, size, offset } of places) {
      const content = bytes.subarray(offset, offset + size);
      expect(content.toString()).toBe(contents[path]);
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      expect(stream.result().files?.get(path)).toBe(digest);
    }
  });
});
