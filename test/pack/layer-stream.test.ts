import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import type { PlannedLayer } from '../../src/image/plan.ts';
import { tarHeader, tarPadding, TAR_END_BYTES } from '../../src/image/tar.ts';
import type { ArtifactFile } from '../../src/artifact/artifact.ts';
import type { BlobResult, BlobStream } from '../../src/oci/blob.ts';
import { layerKey } from '../../src/pack/layer-key.ts';
import { layerSource } from '../../src/pack/layer-source.ts';
import { artifactFile, collect, layerOf, reading, slowPace } from '../support/layers.ts';
import { tempDir } from '../support/tempdir.ts';

const never = new AbortController().signal;
const MIB = 1024 * 1024;

/** The tar as its parts, put together without the code under test. */
function expectedTar(layer: PlannedLayer, contents: Map<string, Buffer>): Buffer {
  const parts = layer.members.flatMap(({ entry, file }) => {
    const content = file === undefined ? Buffer.alloc(0) : (contents.get(file.path) ?? Buffer.alloc(0));
    return [tarHeader(entry), content, Buffer.alloc(tarPadding(content.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(TAR_END_BYTES)]);
}

/** The files under a directory that this process has open. */
function openFiles(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      // The descriptor by which the list itself was read is gone.
      return [];
    }
  });
}

describe.each([
  ['from memory', () => reading()],
  ['from slow storage', () => reading(slowPace())],
])('a layer read %s', (_, makeReading) => {
  it.each([
    ['nothing but an empty file', [0]],
    ['one byte', [1]],
    ['exactly one tar block', [512]],
    ['sizes around the chunk size', [512 * 1024 - 512, 512 * 1024, 512 * 1024 + 1]],
    ['many small files', Array.from({ length: 300 }, (__, i) => i * 7)],
    ['several chunks', [5 * MIB + 3, 2]],
  ])('has exactly the bytes of its tar: %s', async (__, sizes) => {
    const root = await tempDir();
    const contents = new Map(
      sizes.map((size, i) => [`dir/file-${String(i).padStart(3, '0')}`, randomBytes(size)]),
    );
    const files = [...contents].map(([path, content]) => artifactFile(root, path, content));
    const layer = layerOf(...files);
    const counted = makeReading();
    const stream = layerSource(layer, 'none', counted).open(never);
    const { bytes } = await collect(stream);

    expect(bytes.equals(expectedTar(layer, contents))).toBe(true);
    expect(bytes.length).toBe(layer.size);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const { files: hashed, ...result } = stream.result();
    expect(result).toEqual({ digest, diffId: digest, size: layer.size });
    // Of a single file the layer's hash is enough: a second one would be over all the weights.
    const expected = [...contents].map(([path, content]) => [path, digestOf(content)]);
    expect(hashed === undefined ? undefined : [...hashed]).toEqual(sizes.length > 1 ? expected : undefined);
    expect(counted.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  it('can be opened again and gives the same bytes', async () => {
    const root = await tempDir();
    const source = layerSource(layerOf(artifactFile(root, 'a', randomBytes(3 * MIB))), 'none', makeReading());
    const first = await collect(source.open(never));
    expect((await collect(source.open(never))).bytes.equals(first.bytes)).toBe(true);
  });

  it('compresses to a frame that holds the same tar, and gives the digests of both', async () => {
    const root = await tempDir();
    const content = Buffer.alloc(3 * MIB, 'weights');
    const layer = layerOf(artifactFile(root, 'a', content));
    const source = layerSource(layer, 'zstd', makeReading());
    expect(source.size).toBeUndefined();
    const stream = source.open(never);
    const { bytes } = await collect(stream);
    const tar = zstdDecompressSync(bytes);

    expect(tar.equals(expectedTar(layer, new Map([['a', content]])))).toBe(true);
    expect(stream.result()).toEqual({
      size: bytes.length,
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      diffId: `sha256:${createHash('sha256').update(tar).digest('hex')}`,
    });
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['grows', (path) => appendFileSync(path, 'x'), /"model\.bin" grew/],
    ['shrinks', (path) => truncateSync(path, MIB), /"model\.bin" shrank/],
    ['is written to in place', (path) => utimesSync(path, 1, 1), /"model\.bin" was (written|touched)/],
    [
      'is replaced before it is opened',
      (path) => {
        writeFileSync(`${path}.new`, Buffer.alloc(8 * MIB));
        renameSync(`${path}.new`, path);
      },
      /"model\.bin" was replaced/,
    ],
    ['vanishes before it is opened', (path) => rmSync(path), /"model\.bin" vanished/],
  ])('fails when a file %s', async (__, change, message) => {
    const root = await tempDir();
    const file = artifactFile(root, 'model.bin', Buffer.alloc(8 * MIB));
    const stream = layerSource(layerOf(file), 'none', makeReading()).open(never);
    change(join(root, 'model.bin'));
    await expect(collect(stream)).rejects.toMatchObject({
      code: 'ArtifactChanged',
      message: expect.stringMatching(message) as string,
    });
  });

  it('fails when a file grows after its first bytes were read', async () => {
    const root = await tempDir();
    const file = artifactFile(root, 'model.bin', Buffer.alloc(8 * MIB));
    const stream = layerSource(layerOf(file), 'none', makeReading()).open(never);
    const consume = async (): Promise<void> => {
      let first = true;
      for await (const chunk of stream) {
        if (first) appendFileSync(file.location, chunk.subarray(0, 1));
        first = false;
      }
    };
    await expect(consume()).rejects.toMatchObject({ code: 'ArtifactChanged' });
  });

  it.each(['none', 'zstd'] as const)(
    'closes its file when the consumer leaves early (compression %s)',
    async (compression) => {
      const root = await tempDir();
      const file = artifactFile(root, 'model.bin', randomBytes(16 * MIB));
      for await (const chunk of layerSource(layerOf(file), compression, makeReading()).open(never)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect(openFiles(root)).toEqual([]);
    },
  );

  it.each(['none', 'zstd'] as const)('stops when it is told to (compression %s)', async (compression) => {
    const root = await tempDir();
    const stop = new AbortController();
    const file = artifactFile(root, 'model.bin', randomBytes(16 * MIB));
    const consume = async (): Promise<void> => {
      for await (const chunk of layerSource(layerOf(file), compression, makeReading()).open(stop.signal)) {
        expect(chunk.length).toBeGreaterThan(0);
        stop.abort();
      }
    };
    await expect(consume()).rejects.toThrow(/abort/i);
    expect(openFiles(root)).toEqual([]);
  });

  it('has no digest before it was read to its end', async () => {
    const root = await tempDir();
    const stream = layerSource(layerOf(artifactFile(root, 'a', 'x')), 'none', makeReading()).open(never);
    expect(() => stream.result()).toThrow();
  });
});

describe.each([
  ['from memory', () => reading()],
  ['from slow storage', () => reading(slowPace())],
])('a layer that is read on, %s', (_, makeReading) => {
  it('gives the same bytes and digests from any byte, wherever its hash stood', async () => {
    const root = await tempDir();
    const sizes = [0, 1, 511, 512, 513, 700_000, 3, 1_200_000, 0];
    const files = sizes.map((size, index) => artifactFile(root, `dir/file-${index}`, randomBytes(size)));
    const [several, single] = [layerOf(...files), layerOf(files[7]!)];
    const whole = async (layer: PlannedLayer): Promise<{ bytes: Buffer; result: BlobResult }> => {
      const stream = layerSource(layer, 'none', makeReading()).open(never);
      const { bytes } = await collect(stream);
      return { bytes, result: stream.result() };
    };
    const expected = new Map([
      [several, await whole(several)],
      [single, await whole(single)],
    ]);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    // Each reading begins at one byte and is left at another; the last one is read to its end.
    const readings = fc.array(fc.tuple(share, share), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(several, single), readings, share, async (layer, parts, last) => {
        const { bytes, result } = expected.get(layer)!;
        const source = layerSource(layer, 'none', makeReading());
        for (const [from, to] of parts) {
          const at = Math.floor(from * bytes.length);
          const stream = from < 0.1 ? source.open(never) : source.openAt!(at, never);
          await readSome(stream, Math.floor(to * bytes.length), bytes.subarray(from < 0.1 ? 0 : at));
        }
        const at = Math.round(last * bytes.length);
        const stream = source.openAt!(at, never);
        const rest = await collect(stream);
        expect(rest.bytes.equals(bytes.subarray(at))).toBe(true);
        expect(stream.result()).toEqual(result);
        expect(openFiles(root)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('reads nothing before the byte where its hash stood', async () => {
    const root = await tempDir();
    const layer = layerOf(artifactFile(root, 'a', randomBytes(4 * MIB)));
    const counted = makeReading();
    const source = layerSource(layer, 'none', counted);
    await readSome(source.open(never), 3 * MIB);
    const before = counted.bytes;
    await collect(source.openAt!(3 * MIB - 512 * 1024, never));
    expect(counted.bytes - before).toBeLessThan(1.6 * MIB);
    const later = counted.bytes;
    await collect(source.openAt!(layer.size, never));
    expect(counted.bytes - later).toBe(0);
  });

  it('fails when a file changes while its rest is read', async () => {
    const root = await tempDir();
    const file = artifactFile(root, 'a', randomBytes(4 * MIB));
    const source = layerSource(layerOf(file), 'none', makeReading());
    await readSome(source.open(never), 2 * MIB);
    const stream = source.openAt!(2 * MIB, never);
    const consume = async (): Promise<void> => {
      let first = true;
      for await (const chunk of stream) {
        if (first) appendFileSync(file.location, chunk.subarray(0, 1));
        first = false;
      }
    };
    await expect(consume()).rejects.toMatchObject({ code: 'ArtifactChanged' });
  });
});

/** Reads some bytes, compares them, and leaves. */
async function readSome(stream: BlobStream, bytes: number, expected?: Buffer): Promise<void> {
  let got = 0;
  for await (const chunk of stream) {
    if (expected !== undefined) {
      expect(expected.subarray(got, got + chunk.length).equals(Buffer.from(chunk))).toBe(true);
    }
    got += chunk.length;
    if (got >= bytes) break;
  }
}

describe('the key of a layer', () => {
  const large = 17 * MIB;

  it('is the same as long as nothing is seen to have changed', async () => {
    const root = await tempDir();
    const file = artifactFile(root, 'a', randomBytes(large));
    const key = (changed: Partial<ArtifactFile> = {}): string | undefined =>
      layerKey(layerOf({ ...file, ...changed }), 'none');
    const { identity } = file;
    expect(key()).toMatch(/^[0-9a-f]{32}$/);
    expect(key({ location: '/elsewhere/a' })).toBe(key());
    // The device of network storage is another after each mount.
    expect(key({ identity: { ...identity, dev: 77n } })).toBe(key());
    for (const change of [{ ino: 1n }, { mtimeNs: 1n }, { ctimeNs: 1n }])
      expect(key({ identity: { ...identity, ...change } })).not.toBe(key());
    expect(key({ path: 'b' })).not.toBe(key());
    expect(key({ size: large - 1 })).not.toBe(key());
    expect(layerKey(layerOf(file), 'zstd')).not.toBe(key());
  });

  it('is none for a layer that is sent again as fast', async () => {
    const root = await tempDir();
    expect(layerKey(layerOf(artifactFile(root, 'a', randomBytes(MIB))), 'none')).toBeUndefined();
  });
});
