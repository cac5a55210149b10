import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA, type Descriptor } from '../../src/oci/manifest.ts';
import type { Target } from '../../src/oci/target.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';

/** A place that nobody else uses, and a target that writes to it. Whoever opens it sees to its removal. */
export interface Medium {
  readonly target: Target;
  /** Another target on the same place, as a later process has it. */
  readonly reopen: () => Promise<Target>;
  /** Changes one byte of a stored blob behind the target's back, where the medium lets a test do so. */
  readonly corrupt?: (digest: Digest) => Promise<void>;
}

const NEVER = new AbortController().signal;
const write = { signal: NEVER };

let made = 0;
/** Some registries share blobs between repositories, so no two tests may use the same. */
const newBytes = (size: number): Buffer => someBytes(size, `content ${++made}`);

/**
 * What every Target does, whatever it stands for. `open` is called once in each test.
 * @param damages whether the medium has `corrupt`.
 */
export function targetConformance(name: string, open: () => Promise<Medium>, { damages = false } = {}): void {
  describe(`a target: ${name}`, () => {
    blobs(open);
    failures(open);
    if (damages) damaged(open);
    manifests(open);
  });
}

function blobs(open: () => Promise<Medium>): void {
  describe.each([
    { what: 'an empty blob', size: 0 },
    { what: 'a blob of one byte', size: 1 },
    { what: 'a blob of exactly one chunk', size: 40_000 },
    { what: 'a blob of many chunks', size: 1_000_003 },
  ])('$what', ({ size }) => {
    it.each([
      { told: 'size', sizeKnown: true, digestKnown: false },
      { told: 'size and digest', sizeKnown: true, digestKnown: true },
      { told: 'nothing', sizeKnown: false, digestKnown: false },
    ])('is stored and read back where $told is known beforehand', async (known) => {
      const { target, reopen } = await open();
      const source = blobSource(newBytes(size), known);
      const result = await target.writeBlob(source, write);
      expect(result).toEqual({ digest: source.contentDigest, diffId: source.contentDigest, size });
      expect(source.use.closed).toBe(source.use.opened);
      expect(await readBack(await reopen(), { digest: result.digest, size })).toBe(digestOf(source.bytes));
    });
  });

  it('is stored as it was given out, whatever the size of the chunks', async () => {
    const { target } = await open();
    for (const chunk of [512, 5_000, 64 * 1024 - 1, 64 * 1024, 512 * 1024]) {
      const source = blobSource(newBytes(1_200_000), { chunk });
      const { digest, size } = await target.writeBlob(source, write);
      expect(await readBack(target, { digest, size })).toBe(digestOf(source.bytes));
    }
  });

  it('has a blob after it was written, and not before', async () => {
    const { target } = await open();
    const source = blobSource(newBytes(1000));
    expect(await target.hasBlob(source.contentDigest, NEVER)).toBe(false);
    await target.writeBlob(source, write);
    expect(await target.hasBlob(source.contentDigest, NEVER)).toBe(true);
  });

  it('tells of all bytes that it takes', async () => {
    const { target } = await open();
    let told = 0;
    const source = blobSource(newBytes(300_000));
    await target.writeBlob(source, { signal: NEVER, onBytes: (bytes) => (told += bytes) });
    expect(told).toBe(300_000);
  });

  it('takes several blobs at once', async () => {
    const { target } = await open();
    const sources = [1, 2, 3, 4, 5].map((n) => blobSource(newBytes(n * 100_000)));
    await Promise.all(sources.map((source) => target.writeBlob(source, write)));
    for (const { bytes, contentDigest } of sources) {
      expect(await readBack(target, { digest: contentDigest, size: bytes.length })).toBe(digestOf(bytes));
    }
  });

  it('takes the same blob twice at once', async () => {
    const { target } = await open();
    const bytes = newBytes(400_000);
    const results = await Promise.all([1, 2].map(() => target.writeBlob(blobSource(bytes), write)));
    expect(results.map(({ digest }) => digest)).toEqual([digestOf(bytes), digestOf(bytes)]);
    expect(await readBack(target, { digest: digestOf(bytes), size: bytes.length })).toBe(digestOf(bytes));
  });
}

function failures(open: () => Promise<Medium>): void {
  it.each([0, 1, 200_000, 400_000])('keeps nothing of a stream that fails at byte %i', async (byte) => {
    const { target } = await open();
    const error = new StowageError('ArtifactChanged', 'the file changed while it was read');
    const source = blobSource(newBytes(400_000), { failAt: { byte, error } });
    await expect(target.writeBlob(source, write)).rejects.toBe(error);
    expect(source.use).toEqual({ opened: 1, closed: 1 });
    expect(await target.hasBlob(source.contentDigest, NEVER)).toBe(false);
  });

  it('keeps nothing of a blob whose writing is cancelled midway', async () => {
    const { target } = await open();
    const stop = new AbortController();
    const cancelled = new StowageError('Cancelled', 'interrupted');
    const source = blobSource(newBytes(400_000), {
      beforeChunk: (given) => {
        if (given >= 200_000) stop.abort(cancelled);
      },
    });
    await expect(target.writeBlob(source, { signal: stop.signal })).rejects.toMatchObject({
      code: 'Cancelled',
    });
    expect(source.use).toEqual({ opened: 1, closed: 1 });
    expect(await target.hasBlob(source.contentDigest, NEVER)).toBe(false);
  });

  it.each([
    { how: 'more bytes than it said', size: 99_999 },
    { how: 'fewer bytes than it said', size: 100_001 },
  ])('refuses a source that gives $how', async ({ size }) => {
    const { target } = await open();
    const source = { ...blobSource(newBytes(100_000)), size };
    await expect(target.writeBlob(source, write)).rejects.toMatchObject({ code: 'ArtifactChanged' });
    expect(await target.hasBlob(source.contentDigest, NEVER)).toBe(false);
  });

  it('says so when a blob has another size than it should', async () => {
    const { target } = await open();
    const { digest } = await target.writeBlob(blobSource(newBytes(1000)), write);
    await expect(readBack(target, { digest, size: 999 })).rejects.toMatchObject({ code: 'RegistryCorrupt' });
    await expect(readBack(target, { digest, size: 1001 })).rejects.toMatchObject({ code: 'RegistryCorrupt' });
  });

  it('does not give a blob that it does not have', async () => {
    const { target } = await open();
    await expect(readBack(target, { digest: digestOf('nowhere'), size: 7 })).rejects.toThrow(StowageError);
  });
}

function damaged(open: () => Promise<Medium>): void {
  it('says so when a stored blob is damaged', async () => {
    const { target, corrupt } = await open();
    const { digest, size } = await target.writeBlob(blobSource(newBytes(1000)), write);
    await corrupt?.(digest);
    await expect(readBack(target, { digest, size })).rejects.toMatchObject({ code: 'RegistryCorrupt' });
  });
}

function manifests(open: () => Promise<Medium>): void {
  it('stores a manifest under its digest, and under a tag where one is given', async () => {
    const { target, reopen } = await open();
    const bytes = await image(target, 'one');
    const untagged = await target.writeManifest(MEDIA.manifest, bytes, { signal: NEVER });
    expect(untagged).toEqual({ mediaType: MEDIA.manifest, digest: digestOf(bytes), size: bytes.length });
    expect(await target.readManifest('v1', NEVER)).toBeUndefined();
    await target.writeManifest(MEDIA.manifest, bytes, { tag: 'v1', signal: NEVER });
    for (const name of ['v1', untagged.digest]) {
      const stored = await (await reopen()).readManifest(name, NEVER);
      expect(stored?.descriptor).toMatchObject(untagged);
      expect(Buffer.from(stored?.bytes ?? [])).toEqual(bytes);
    }
  });

  it('moves a tag, and keeps what it pointed to', async () => {
    const { target } = await open();
    const [one, two] = [await image(target, 'one'), await image(target, 'two')];
    await target.writeManifest(MEDIA.manifest, one, { tag: 'v1', signal: NEVER });
    await target.writeManifest(MEDIA.manifest, two, { tag: 'v1', signal: NEVER });
    expect((await target.readManifest('v1', NEVER))?.descriptor.digest).toBe(digestOf(two));
    expect((await target.readManifest(digestOf(one), NEVER))?.descriptor.digest).toBe(digestOf(one));
  });

  it('stores an index over manifests', async () => {
    const { target } = await open();
    const children = [];
    for (const name of ['amd64', 'arm64']) {
      children.push(await target.writeManifest(MEDIA.manifest, await image(target, name), { signal: NEVER }));
    }
    const index = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.index, manifests: children }),
    );
    await target.writeManifest(MEDIA.index, index, { tag: 'multi', signal: NEVER });
    const stored = await target.readManifest('multi', NEVER);
    expect(stored?.descriptor).toMatchObject({
      mediaType: MEDIA.index,
      digest: digestOf(index),
      size: index.length,
    });
  });

  it('has no manifest where none was written', async () => {
    const { target } = await open();
    expect(await target.readManifest('nothing', NEVER)).toBeUndefined();
    expect(await target.readManifest(digestOf('nothing'), NEVER)).toBeUndefined();
  });
}

async function image(target: Target, content: string): Promise<Buffer> {
  const config = blobSource(Buffer.from(JSON.stringify({ content })), { digestKnown: true });
  const layer = blobSource(someBytes(10_000, content));
  const [a, b] = [await target.writeBlob(config, write), await target.writeBlob(layer, write)];
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config, digest: a.digest, size: a.size },
    layers: [{ mediaType: MEDIA.layer, digest: b.digest, size: b.size }],
  };
  return Buffer.from(JSON.stringify(document));
}

/** The digest of all bytes: comparing it is much faster than comparing them. */
async function readBack(target: Target, blob: Pick<Descriptor, 'digest' | 'size'>): Promise<Digest> {
  const chunks: Buffer[] = [];
  for await (const chunk of target.readBlob({ mediaType: MEDIA.layer, ...blob }, NEVER))
    chunks.push(Buffer.from(chunk));
  return digestOf(Buffer.concat(chunks));
}
