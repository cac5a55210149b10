import { describe, expect, it } from 'vitest';
import type { KeptUploads } from '../../src/oci/kept-uploads.ts';
import { blobSource, someBytes, type WatchedSource } from '../support/blob-sources.ts';
import { faultRegistry, type FaultRegistry, type FaultRegistryOptions } from '../support/fault-registry.ts';
import { MemoryUploads } from '../support/memory-uploads.ts';
import { FAST_RETRY, openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;
const REPOSITORY = 'team/bert';
const SIZE = 40 * MIB;
const KEY = 'content-1';
/** Word that the blob is stored. */
const STORED = { key: KEY };
const content = someBytes(SIZE);

const keyed = (source: WatchedSource): WatchedSource => ({ ...source, key: KEY });
const large = (): WatchedSource => keyed(blobSource(content, { chunk: 512 * 1024 }));

interface Stopped {
  readonly registry: FaultRegistry;
  readonly uploads: MemoryUploads;
}

/** An upload whose process was told to stop after so many bytes. */
async function stopped(after: number, options: FaultRegistryOptions = {}): Promise<Stopped> {
  const registry = await faultRegistry(options);
  const uploads = new MemoryUploads();
  const client = await openClient(registry.host, REPOSITORY, { uploads });
  const stop = new AbortController();
  const source = keyed(
    blobSource(content, {
      chunk: 512 * 1024,
      beforeChunk: (given) => {
        if (given >= after) stop.abort();
      },
    }),
  );
  let told = 0;
  const onBytes = (bytes: number): void => void (told += bytes);
  await rejectionOf(client.writeBlob(source, { signal: stop.signal, onBytes }));
  expect(told).toBe(0);
  await registry.idle();
  return { registry, uploads };
}

describe('an upload that was stopped', () => {
  it('stays, and the next process sends only what is missing', async () => {
    const { registry, uploads } = await stopped(24 * MIB);
    expect(registry.count('DELETE')).toBe(0);
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    const [upload] = registry.store.uploads.values();
    let [told, sent, first] = [0, 0, 0];
    const onBytes = (bytes: number): void => {
      if (told === 0) first = bytes;
      told += bytes;
    };
    const source = large();
    await client.writeBlob(source, { signal: NEVER, onBytes, onSent: (bytes) => (sent += bytes) });
    const had = upload?.bytes.length ?? 0;
    expect(registry.count('POST')).toBe(1);
    expect(told).toBe(SIZE);
    // What the other has sent is told of in one call: it is done, and it was not sent now.
    expect(first).toBeGreaterThan(16 * MIB);
    expect([first + sent, had]).toEqual([SIZE, SIZE]);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(content)).toBe(true);
    expect([...uploads.entries.values()]).toEqual([STORED]);
  });

  it('is cancelled where little was sent', async () => {
    const { registry, uploads } = await stopped(MIB);
    expect(registry.store.uploads.size).toBe(0);
    expect(uploads.entries.size).toBe(0);
    expect(uploads.calls.at(-1)).toBe('release');
  });

  it('is begun anew where the registry cannot go on', async () => {
    const { registry, uploads } = await stopped(24 * MIB, { uploads: { ask: 400 } });
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    const source = large();
    await client.writeBlob(source, { signal: NEVER });
    expect([registry.count('GET'), registry.count('POST')]).toEqual([1, 2]);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(content)).toBe(true);
    expect([...uploads.entries.values()]).toEqual([STORED]);
  });

  it('that has other bytes than were thought is sent again', async () => {
    const { registry, uploads } = await stopped(24 * MIB);
    for (const upload of registry.store.uploads.values()) upload.bytes.writeUInt8(1, 1000);
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    const source = large();
    await client.writeBlob(source, { signal: NEVER });
    expect(registry.count('PUT')).toBe(2);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(content)).toBe(true);
  });

  it('is counted, and can be cancelled by the next build', async () => {
    const { registry, uploads } = await stopped(24 * MIB);
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    await client.cancelLeftovers(new Set([KEY]), NEVER);
    expect(registry.store.uploads.size).toBe(1);
    await client.cancelLeftovers(new Set(['content-2']), NEVER);
    expect(registry.store.uploads.size).toBe(0);
  });
});

describe('a blob that an earlier process may have stored', () => {
  /** What the next process does with it. */
  async function next({ registry, uploads }: Stopped): Promise<{ told: number; sent: number }> {
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    const source = large();
    let [told, sent] = [0, 0];
    await client.writeBlob(source, {
      signal: NEVER,
      onBytes: (bytes) => (told += bytes),
      onSent: (bytes) => (sent += bytes),
    });
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(content)).toBe(true);
    expect(registry.store.uploads.size).toBe(0);
    expect([...uploads.entries.values()]).toEqual([STORED]);
    return { told, sent };
  }

  async function storedBefore(options: FaultRegistryOptions = {}): Promise<Stopped> {
    const [registry, uploads] = [await faultRegistry(options), new MemoryUploads()];
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    await client.writeBlob(large(), { signal: NEVER });
    return { registry, uploads };
  }

  it.each<[string, FaultRegistryOptions]>([
    ['has it', {}],
    ['has it, and cannot go on with uploads', { uploads: { ask: 400, parts: 416 } }],
  ])('is not sent where the registry %s', async (_, options) => {
    const before = await storedBefore(options);
    expect(await next(before)).toEqual({ told: SIZE, sent: 0 });
    expect(before.registry.count('POST')).toBe(1);
  });

  it('is sent where the registry has it no more', async () => {
    const { uploads } = await storedBefore();
    const registry = await faultRegistry();
    uploads.entries.clear();
    uploads.entries.set(`${registry.host}/${REPOSITORY} ${KEY}`, STORED);
    expect(await next({ registry, uploads })).toEqual({ told: SIZE, sent: SIZE });
  });

  it('is not sent where that one ended before it could say so', async () => {
    const { registry, uploads } = await stopped(24 * MIB);
    registry.store.uploads.clear();
    registry.store.putBlob(REPOSITORY, large().contentDigest, content);
    expect(await next({ registry, uploads })).toEqual({ told: SIZE, sent: 0 });
  });

  it('is sent where its upload is not known any more, and it is not there', async () => {
    const { registry, uploads } = await stopped(24 * MIB);
    registry.store.uploads.clear();
    expect(await next({ registry, uploads })).toEqual({ told: SIZE, sent: SIZE });
    expect(registry.count('blob HEAD')).toBe(1);
  });

  it('stays remembered where the registry cannot say', async () => {
    const { registry, uploads } = await storedBefore();
    registry.fail('blob HEAD', { kind: 'status', status: 503 }, FAST_RETRY.attempts);
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    let told = 0;
    const write = { signal: NEVER, onBytes: (bytes: number): void => void (told += bytes) };
    expect(await rejectionOf(client.writeBlob(large(), write))).toMatchObject({ code: 'RegistryFailed' });
    expect(told).toBe(0);
    expect([...uploads.entries.values()]).toEqual([STORED]);
  });

  it('is forgotten when its image is there', async () => {
    const { registry, uploads } = await storedBefore();
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    await client.cancelLeftovers(new Set([KEY]), NEVER);
    expect(uploads.entries.size).toBe(1);
    await client.cancelLeftovers(new Set(), NEVER);
    expect(uploads.entries.size).toBe(0);
    expect(registry.count('DELETE')).toBe(0);
  });
});

describe('what is remembered of an upload', () => {
  it('is where it goes on, from its beginning to its end', async () => {
    const registry = await faultRegistry();
    const uploads = new MemoryUploads();
    const client = await openClient(registry.host, REPOSITORY, { uploads, chunkBytes: 20 * MIB });
    await client.writeBlob(large(), { signal: NEVER });
    expect(uploads.calls).toEqual(['take', 'keep', 'keep', 'keep', 'stored']);
  });

  it('is nothing where the upload lies elsewhere: its address may hold a signature', async () => {
    const registry = await faultRegistry();
    const elsewhere = await faultRegistry();
    registry.fail('POST', { kind: 'location', to: `${elsewhere.origin}/v2/a/blobs/uploads/x?sig=secret` });
    const uploads = new MemoryUploads();
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    await client.writeBlob(large(), { signal: NEVER });
    expect([...uploads.entries.values()]).toEqual([STORED]);
    expect(uploads.calls.slice(0, 2)).toEqual(['take', 'forget']);
  });

  it('is nothing to go on with then, so it is cancelled', async () => {
    const registry = await faultRegistry();
    const elsewhere = await faultRegistry();
    const id = elsewhere.store.openUpload(REPOSITORY);
    const to = `${elsewhere.origin}/v2/a/blobs/uploads/${id}?_state=${id}%2f0+a%20b~c%3D%3d&x`;
    registry.fail('POST', { kind: 'location', to });
    const client = await openClient(registry.host, REPOSITORY, { uploads: new MemoryUploads() });
    const stop = new AbortController();
    const beforeChunk = (given: number): void => {
      if (given >= 24 * MIB) stop.abort();
    };
    const source = keyed(blobSource(content, { chunk: 512 * 1024, beforeChunk }));
    await rejectionOf(client.writeBlob(source, { signal: stop.signal }));
    await elsewhere.idle();
    expect([elsewhere.count('DELETE'), elsewhere.store.uploads.size]).toEqual([1, 0]);
    expect(client.unfinished).toBe(0);
  });

  it.each([
    ['of another registry', 'http://127.0.0.1:1/v2/team/bert/blobs/uploads/1'],
    ['that is none', 'nonsense'],
  ])('is not used where it is an address %s', async (_, location) => {
    const registry = await faultRegistry();
    const uploads = new MemoryUploads();
    uploads.entries.set(`${registry.host}/${REPOSITORY} ${KEY}`, { key: KEY, location });
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    await client.writeBlob(large(), { signal: NEVER });
    expect(registry.count('GET')).toBe(0);
  });

  it('is nothing for a blob without a key', async () => {
    const registry = await faultRegistry();
    const uploads = new MemoryUploads();
    const client = await openClient(registry.host, REPOSITORY, { uploads });
    await client.writeBlob(blobSource(someBytes(1000)), { signal: NEVER });
    expect(uploads.calls).toEqual([]);
  });

  it('fails no upload where it cannot be remembered', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('the disk is full'));
    const broken: KeptUploads = {
      ...{ take: fail, keep: fail, stored: fail, forget: fail, release: fail },
      takeLeftovers: fail,
    };
    const registry = await faultRegistry();
    const client = await openClient(registry.host, REPOSITORY, { uploads: broken });
    await client.cancelLeftovers(new Set(), NEVER);
    await client.writeBlob(large(), { signal: NEVER });
    expect(registry.store.blobCount).toBe(1);
    expect(client.unfinished).toBe(0);
  });
});
