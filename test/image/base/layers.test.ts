import fc from 'fast-check';
import { createHash, randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Header } from 'tar';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../../src/errors.ts';
import { resolveBase } from '../../../src/image/base.ts';
import { tarHeader } from '../../../src/image/tar.ts';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { MEDIA } from '../../../src/oci/manifest.ts';
import { addImage, PLAIN, ROOTFS, type TestLayer } from '../support/base-image.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { directoryMember, fileMember, tarOf, type Member } from '../support/tar.ts';

const { signal } = new AbortController();
const MIB = 1024 ** 2;

async function resolve(layers: readonly TestLayer[], maxUnpacked?: number): Promise<unknown> {
  const store = new MemoryStore();
  addImage(store, { layers, tag: '1' });
  return resolveBase(store, '1', signal, maxUnpacked);
}

/** Resolves a base whose only layer is made while it is read. */
async function resolveStream(
  chunks: Iterable<Uint8Array>,
  diffId: Digest,
  maxUnpacked?: number,
): Promise<unknown> {
  const store = new MemoryStore();
  const layer = store.addStream(MEDIA.layer, digestOf('any'), chunks);
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } };
  const manifest = { schemaVersion: 2, config: store.addJson(MEDIA.config, config), layers: [layer] };
  store.addManifest(MEDIA.manifest, manifest, '1');
  return resolveBase(store, '1', signal, maxUnpacked);
}

/** Bytes of memory that this process has had at its highest. */
const peakMemory = (): number => process.resourceUsage().maxRSS * 1024;

const plain = (...members: Member[]): TestLayer => ({ bytes: tarOf(members), mediaType: MEDIA.layer });
const gzip = (tar: Buffer): TestLayer => ({ bytes: gzipSync(tar), mediaType: MEDIA.layerGzip, tar });
const zstd = (tar: Buffer): TestLayer => ({ bytes: zstdCompressSync(tar), mediaType: MEDIA.layerZstd, tar });
const invalid = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'BaseInvalid', message: expect.stringMatching(message) as string });

describe('a base that has files where ours go', () => {
  it.each([
    ['models', directoryMember('models')],
    ['models/weights.bin', fileMember('models/weights.bin')],
    ['./models/a', fileMember('./models/a')],
    ['/models/a', fileMember('/models/a')],
    ['././/models', fileMember('././/models')],
    ['usr/../models/a', fileMember('usr/../models/a')],
    ['models as a link', { entry: { type: 'symlink', path: 'models', target: 'srv' } } as const],
    ['kubedl-model', directoryMember('kubedl-model')],
    ['./kubedl-model/x', fileMember('./kubedl-model/x')],
    ['a name in a PAX header', fileMember(`models/${'x'.repeat(300)}`)],
  ])('is refused: %s', async (_, member) => {
    const layer = plain(fileMember('etc/hosts'), member);
    await expect(resolve([PLAIN, layer])).rejects.toThrow(
      invalid(/layer sha256:[0-9a-f]{64} has ".*(models|kubedl-model)/),
    );
  });

  it('is refused when only a lower layer has them and an upper one deletes them', async () => {
    const layers = [plain(fileMember('models/a')), plain(fileMember('.wh.models'))];
    await expect(resolve(layers)).rejects.toThrow(invalid(/"models\/a"/));
  });

  it.each([
    ['gzip', gzip],
    ['zstd', zstd],
  ])('is refused when the layer is compressed with %s', async (_, compress) => {
    const tar = tarOf([fileMember('bin/sh', randomBytes(MIB)), fileMember('models/a')]);
    await expect(resolve([compress(tar)])).rejects.toThrow(invalid(/"models\/a"/));
  });

  it('is refused when the media type hides the compression', async () => {
    const tar = tarOf([fileMember('models/a')]);
    const layer = { bytes: gzipSync(tar), mediaType: MEDIA.layer, tar };
    await expect(resolve([layer])).rejects.toThrow(invalid(/"models\/a"/));
  });

  it('is refused with a message that does not repeat an endless name', async () => {
    const member = fileMember(`models/${'x'.repeat(100_000)}\n`);
    const error = await resolve([plain(member)]).catch((thrown: unknown) => thrown);
    expect((error as Error).message.length).toBeLessThan(600);
  });
});

describe('a base is accepted', () => {
  it.each([
    ['with models further down', plain(fileMember('opt/models/a'), directoryMember('srv/kubedl-model'))],
    ['with names that only start like ours', plain(fileMember('models.txt'), fileMember('kubedl-model2'))],
    ['with a layer of no members', { bytes: Buffer.alloc(1024), mediaType: MEDIA.layer }],
    ['with a layer of no bytes', { bytes: Buffer.alloc(0), mediaType: MEDIA.layer }],
    [
      'with zeros after the end of a tar',
      { bytes: Buffer.concat([ROOTFS, Buffer.alloc(10 * MIB)]), mediaType: MEDIA.layer },
    ],
    ['with a tar that ends without an end', { bytes: ROOTFS.subarray(0, -1024), mediaType: MEDIA.layer }],
    ['with a gzip layer of many members', manyFrames((part) => gzipSync(part), MEDIA.layerGzip)],
    ['with a zstd layer of many frames', manyFrames((part) => zstdCompressSync(part), MEDIA.layerZstd)],
  ])('%s', async (_, layer) => {
    await expect(resolve([layer])).resolves.toBeDefined();
  });
});

describe('a hostile layer', () => {
  it.each([
    [
      'no tar at all',
      { bytes: Buffer.alloc(4096, 'x'), mediaType: MEDIA.layer },
      /cannot be read as a tar: checksum/,
    ],
    [
      'a tar cut in a member',
      { bytes: ROOTFS.subarray(0, 1024), mediaType: MEDIA.layer },
      /tar: Truncated input/,
    ],
    [
      'a header with a wrong checksum',
      { bytes: spoilt(ROOTFS, 600), mediaType: MEDIA.layer },
      /tar: checksum/,
    ],
    ['a PAX header without end', { bytes: hugeMeta(), mediaType: MEDIA.layer }, /header that is too large/],
    ['gzip cut short', cut(gzip(ROOTFS)), /cannot be decompressed: unexpected end/],
    ['zstd cut short', cut(zstd(ROOTFS)), /cannot be decompressed/],
    [
      'gzip with another checksum',
      { ...gzip(ROOTFS), bytes: spoilt(gzipSync(ROOTFS), -6) },
      /cannot be decompressed/,
    ],
    ['gzip in gzip', { bytes: gzipSync(gzipSync(ROOTFS)), mediaType: MEDIA.layerGzip }, /compressed twice/],
    [
      'zstd in gzip',
      { bytes: gzipSync(zstdCompressSync(ROOTFS)), mediaType: MEDIA.layerGzip },
      /compressed twice/,
    ],
    [
      'zstd and then something else',
      { ...zstd(ROOTFS), bytes: Buffer.concat([zstdCompressSync(ROOTFS), randomBytes(9000)]) },
      /decompressed/,
    ],
    [
      'another tar than the config says',
      { bytes: gzipSync(ROOTFS), mediaType: MEDIA.layerGzip, tar: Buffer.alloc(1024) },
      /config says otherwise/,
    ],
  ])('is refused: %s', async (_, layer, message) => {
    await expect(resolve([layer])).rejects.toThrow(invalid(message));
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('that is a bomb of %s is stopped at the limit, in little memory', async (_, compress) => {
    const header = compress(tarHeader({ type: 'file', path: 'bomb', size: 1024 ** 4 }));
    const zeros = compress(Buffer.alloc(4 * MIB));
    let given = 0;
    const bomb = function* (): Generator<Uint8Array> {
      yield header;
      for (given = 0; given < 10_000; given += 1) yield zeros;
    };
    const before = peakMemory();
    const resolving = resolveStream(bomb(), digestOf('never reached'), 100 * MIB);
    await expect(resolving).rejects.toThrow(invalid(/above 104857600 bytes/));
    expect(given).toBeLessThan(1000);
    expect(peakMemory() - before).toBeLessThan(64 * MIB);
  });

  it('of any bytes is read or refused, and nothing else', async () => {
    const starts = [ROOTFS, gzipSync(ROOTFS), zstdCompressSync(ROOTFS)];
    const changes = fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), changes, async (start, changed) => {
        const bytes = Buffer.from(start);
        for (const [at, value] of changed) bytes[at % bytes.length] = value;
        const resolving = resolve([{ bytes, mediaType: MEDIA.layer, tar: ROOTFS }]);
        const outcome = await resolving.then(
          () => 'read',
          (error: unknown) => (error instanceof StowageError ? error.code : error),
        );
        expect(['read', 'BaseInvalid']).toContain(outcome);
      }),
      { numRuns: 300 },
    );
  });

  it('counts together with the others', async () => {
    const layers = ['a', 'b', 'c'].map((name) => gzip(tarOf([fileMember(name, Buffer.alloc(MIB))])));
    await expect(resolve(layers, 3 * MIB + 8192)).resolves.toBeDefined();
    await expect(resolve(layers, 3 * MIB)).rejects.toThrow(invalid(/above 3145728 bytes/));
  });

  it('that goes on after its end takes no memory', async () => {
    const more = Buffer.alloc(MIB, 1);
    const tar = function* (): Generator<Uint8Array> {
      yield ROOTFS;
      for (let i = 0; i < 300; i += 1) yield more;
    };
    const hash = createHash('sha256');
    for (const chunk of tar()) hash.update(chunk);
    const before = peakMemory();
    await expect(resolveStream(tar(), `sha256:${hash.digest('hex')}`)).resolves.toBeDefined();
    expect(peakMemory() - before).toBeLessThan(64 * MIB);
  });
});

describe('reading a base', () => {
  it('ends when it is cancelled', async () => {
    const store = new MemoryStore();
    addImage(store, { tag: '1', layers: [gzip(tarOf([fileMember('a', randomBytes(4 * MIB))]))] });
    const controller = new AbortController();
    const resolving = resolveBase(store, '1', controller.signal);
    controller.abort();
    await expect(resolving).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('passes on what the store reports', async () => {
    const store = new MemoryStore();
    const layer = { mediaType: MEDIA.layer, digest: `sha256:${'0'.repeat(64)}`, size: 9 };
    const config = {
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    };
    const manifest = { schemaVersion: 2, config: store.addJson(MEDIA.config, config), layers: [layer] };
    store.addManifest(MEDIA.manifest, manifest, '1');
    await expect(resolveBase(store, '1', signal)).rejects.toMatchObject({ code: 'RegistryNotFound' });
  });
});

/** A tar that is compressed in parts of 777 bytes each. */
function manyFrames(compress: (part: Buffer) => Buffer, mediaType: string): TestLayer {
  const tar = tarOf(
    Array.from({ length: 40 }, (_, index) => fileMember(`etc/${index}`, randomBytes(index * 100))),
  );
  const parts = Array.from({ length: Math.ceil(tar.length / 777) }, (_, index) =>
    compress(tar.subarray(index * 777, (index + 1) * 777)),
  );
  return { bytes: Buffer.concat(parts), mediaType, tar };
}

function spoilt(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? bytes.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 0xff;
  return copy;
}

function cut(layer: TestLayer): TestLayer {
  return { ...layer, bytes: layer.bytes.subarray(0, layer.bytes.length - 20) };
}

/** A PAX header that says it has 2 MiB of records. */
function hugeMeta(): Buffer {
  const header = new Header({ path: 'x', type: 'ExtendedHeader', size: 2 * MIB, mode: 0o644 });
  header.encode();
  return Buffer.concat([header.block!, Buffer.alloc(2 * MIB, '9'), ROOTFS]);
}
