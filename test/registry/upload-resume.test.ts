import { describe, expect, it } from 'vitest';
import type { Throttle, WriteOptions } from '../../src/oci/target.ts';
import { blobSource, someBytes, type SourceOptions, type WatchedSource } from '../support/blob-sources.ts';
import {
  faultRegistry,
  type Fault,
  type FaultRegistry,
  type FaultRegistryOptions,
  type Step,
} from '../support/fault-registry.ts';
import { FAST_RETRY, openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;
const REPOSITORY = 'team/bert';
const status = (code: number, more: Partial<Fault & { kind: 'status' }> = {}): Fault => ({
  kind: 'status',
  status: code,
  ...more,
});
const resetAfter = (afterBytes: number): Fault => ({ kind: 'reset', afterBytes });

/** What an upload did: its requests, and what was told of bytes. */
interface Course {
  readonly registry: FaultRegistry;
  readonly source: WatchedSource;
  /** `FROM-TO` of each PATCH; "all" without Content-Range. */
  readonly patches: string[];
  readonly told: number;
  readonly sent: number;
  readonly troubles: string[];
}

interface Upload {
  /** Of PATCH. */
  readonly faults?: readonly Fault[];
  readonly registryFaults?: readonly [Step, Fault, number][];
  readonly size?: number;
  readonly source?: SourceOptions;
  readonly registry?: FaultRegistryOptions;
  readonly chunkBytes?: number;
  readonly write?: Partial<WriteOptions>;
}

async function upload(how: Upload): Promise<Course> {
  const registry = await faultRegistry(how.registry);
  for (const fault of how.faults ?? []) registry.fail('PATCH', fault);
  for (const fault of how.registryFaults ?? []) registry.fail(...fault);
  const chunked = how.chunkBytes === undefined ? {} : { chunkBytes: how.chunkBytes };
  const client = await openClient(registry.host, REPOSITORY, chunked);
  const source = blobSource(someBytes(how.size ?? 300_000), {
    name: 'model.tar',
    chunk: 100_000,
    ...how.source,
  });
  let [told, sent] = [0, 0];
  const troubles: string[] = [];
  await client.writeBlob(source, {
    signal: NEVER,
    onBytes: (bytes) => (told += bytes),
    onSent: (bytes) => (sent += bytes),
    onTrouble: ({ code }) => troubles.push(code),
    ...how.write,
  });
  expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(source.bytes)).toBe(true);
  expect(registry.store.uploads.size).toBe(0);
  expect(source.use.closed).toBe(source.use.opened);
  const patches = registry.journal
    .filter(({ step }) => step === 'PATCH')
    .map(({ headers }) => headers['content-range'] ?? 'all');
  return { registry, source, patches, told, sent, troubles };
}

describe('an upload that broke', () => {
  it.each<[string, Fault[], string[]]>([
    ['in the middle', [resetAfter(120_000)], ['all', '120000-299999']],
    ['twice', [resetAfter(120_000), resetAfter(60_000)], ['all', '120000-299999', '180000-299999']],
    ['before its first byte', [resetAfter(0)], ['all', 'all']],
    ['before its last byte', [resetAfter(299_999)], ['all', '299999-299999']],
    // What is there need not be sent again, only read for its digest.
    ['behind its last byte', [resetAfter(300_000)], ['all']],
    ['behind its last byte, by 500', [status(500, { done: true })], ['all']],
    ['with nothing taken, by 503', [status(503)], ['all', 'all']],
    ['by 429', [resetAfter(120_000), status(429)], ['all', '120000-299999', '120000-299999']],
  ])('%s goes on with what is missing', async (_, faults, expected) => {
    const { registry, patches, told, troubles } = await upload({ faults });
    expect(patches).toEqual(expected);
    expect(told).toBe(300_000);
    expect(troubles).toHaveLength(faults.length);
    expect(registry.count('PUT')).toBe(1);
  });

  it('goes on where its size is not known', async () => {
    const { registry, patches } = await upload({
      faults: [resetAfter(120_000)],
      source: { sizeKnown: false },
    });
    expect(patches).toEqual(['all', 'all']);
    expect(registry.count('POST')).toBe(1);
  });

  it('tells what is handed over, and of progress only what is there', async () => {
    const { told, sent, registry } = await upload({ faults: [resetAfter(120_000), resetAfter(60_000)] });
    const arrived = registry.journal.reduce(
      (sum, { step, bytes }) => sum + (step === 'PATCH' ? bytes : 0),
      0,
    );
    expect(told).toBe(300_000);
    expect(sent).toBeGreaterThanOrEqual(arrived);
    expect(sent).toBeLessThanOrEqual(300_000 + 180_000 + 120_000);
  });

  it('gets through however often it breaks, as long as it gets further', async () => {
    const size = 16 * MIB;
    const faults = Array.from({ length: 14 }, () => resetAfter(1.1 * MIB));
    const { patches, registry } = await upload({ size, faults, source: { chunk: 512 * 1024 } });
    expect(patches).toHaveLength(15);
    expect(registry.count('POST')).toBe(1);
  });

  it('is given up where it does not get further', async () => {
    const registry = (await faultRegistry()).fail('PATCH', resetAfter(1000), Infinity);
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(client.writeBlob(blobSource(someBytes(3 * MIB)), { signal: NEVER }));
    expect(error.message).toContain('(tried 6 times)');
    expect(registry.count('PATCH')).toBe(6);
    expect(registry.store.uploads.size).toBe(0);
  });

  it('replaces a token that ends each time much was sent', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    const challenge = { 'www-authenticate': `Bearer realm="${registry.origin}/token",service="fault"` };
    for (let times = 0; times < 3; times++) {
      registry.fail('PATCH', resetAfter(2 * MIB)).fail('PATCH', status(401, { headers: challenge }));
    }
    const client = await openClient(registry.host, REPOSITORY);
    const source = blobSource(someBytes(8 * MIB), { chunk: 512 * 1024 });
    await client.writeBlob(source, { signal: NEVER });
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(source.bytes)).toBe(true);
    expect(registry.count('POST')).toBe(2);
  });

  it('is begun anew where the registry fails with it again and again', async () => {
    const { registry, patches } = await upload({
      faults: [resetAfter(120_000), status(500), status(500), status(500)],
    });
    expect(patches).toEqual(['all', '120000-299999', '120000-299999', '120000-299999', 'all']);
    expect(registry.count('POST')).toBe(2);
  });

  it('is not begun anew where what is around the registry fails', async () => {
    const { registry, patches } = await upload({
      faults: [resetAfter(120_000), status(503), status(502), status(504)],
    });
    expect(patches.at(-1)).toBe('120000-299999');
    expect(registry.count('POST')).toBe(1);
  });

  it.each<[Step, number]>([
    ['POST', 3],
    ['PUT', 3],
  ])('tells whoever sends of trouble with a %s', async (step, times) => {
    const { troubles } = await upload({ registryFaults: [[step, status(429), times]] });
    expect(troubles).toEqual(Array<string>(times).fill('RegistryQuota'));
  });

  it('waits before each piece as long as it is told to', async () => {
    const asked: number[] = [];
    const throttle: Throttle = {
      most: 10_000,
      take(bytes) {
        asked.push(bytes);
        return Promise.resolve();
      },
    };
    const { sent } = await upload({ faults: [resetAfter(120_000)], write: { throttle } });
    expect(Math.max(...asked)).toBe(10_000);
    // `sent` is not counted where the test takes the options for itself; each chunk was asked for once.
    expect(asked.reduce((sum, bytes) => sum + bytes, 0)).toBe(sent);
  });
});

describe('a registry that cannot go on', () => {
  it.each<[string, FaultRegistryOptions, Record<string, number>]>([
    ["go-containerregistry's, which has no such question", { uploads: { ask: 400 } }, { GET: 1, POST: 3 }],
    ['one that does not know the method', { uploads: { ask: 405 } }, { GET: 1, POST: 3 }],
    ['public ECR, which knows of no upload', { uploads: { ask: 404 } }, { GET: 2, POST: 3 }],
    ['one that always fails at it', { uploads: { ask: 500 } }, { POST: 2 }],
    ['GHCR, which takes no parts', { uploads: { parts: 416 } }, { POST: 3 }],
    ['Gitea, which takes one request', { uploads: { second: 400 } }, { POST: 3 }],
    ['one that knows no Content-Range', { uploads: { parts: 400 } }, { POST: 3 }],
  ])('gets the whole blob: %s', async (_, registry, counts) => {
    const faults = [resetAfter(120_000)];
    const course = await upload({ faults: [...faults, ...faults], registry });
    const wanted = Object.fromEntries(
      Object.keys(counts).map((step) => [step, course.registry.count(step as 'GET')]),
    );
    expect(course.told).toBe(300_000);
    expect(course.patches.at(-1)).toBe('all');
    expect([wanted, course.patches.length < 12]).toEqual([wanted, true]);
  });

  it('is not asked again by the next blob', async () => {
    const registry = await faultRegistry({ uploads: { ask: 400 } });
    const client = await openClient(registry.host, REPOSITORY);
    for (const seed of ['one', 'two', 'three']) {
      registry.fail('PATCH', resetAfter(1000));
      await client.writeBlob(blobSource(someBytes(300_000, seed)), { signal: NEVER });
    }
    expect(registry.count('GET')).toBe(1);
    expect(registry.store.blobCount).toBe(3);
  });

  it('that puts the parts together wrongly gets the whole blob once', async () => {
    const registry = await faultRegistry();
    registry.fail('PATCH', resetAfter(120_000)).fail('PUT', status(400, { code: 'DIGEST_INVALID' }));
    const client = await openClient(registry.host, REPOSITORY);
    const source = blobSource(someBytes(300_000));
    await client.writeBlob(source, { signal: NEVER });
    expect([registry.count('POST'), registry.count('PATCH'), registry.count('PUT')]).toEqual([2, 3, 2]);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(source.bytes)).toBe(true);
  });

  it('that is wrong of the whole as well is an error', async () => {
    const registry = await faultRegistry();
    registry
      .fail('PATCH', resetAfter(120_000))
      .fail('PUT', status(400, { code: 'DIGEST_INVALID' }), Infinity);
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(client.writeBlob(blobSource(someBytes(300_000)), { signal: NEVER }));
    expect(error.code).toBe('RegistryCorrupt');
    expect(registry.count('PUT')).toBe(2);
  });
});

describe('a blob in chunks', () => {
  const thirds = ['0-99999', '100000-199999', '200000-299999'];

  it('is read once', async () => {
    const { patches, source, registry } = await upload({ chunkBytes: 100_000, source: { chunk: 70_000 } });
    expect(patches).toEqual(thirds);
    expect(source.use.opened).toBe(1);
    expect(registry.count('GET')).toBe(0);
  });

  it('is one request where it is no larger', async () => {
    expect((await upload({ chunkBytes: 300_000 })).patches).toEqual(['all']);
  });

  it('is sent in chunks as well where its size is not known', async () => {
    const { patches } = await upload({ chunkBytes: 100_000, source: { sizeKnown: false } });
    expect(patches).toEqual(['all', 'all', 'all']);
  });

  it('has chunks as large as the registry wants them', async () => {
    const { patches } = await upload({ chunkBytes: 1000, registry: { uploads: { minChunk: 150_000 } } });
    expect(patches).toEqual(['0-149999', '150000-299999']);
  });

  it.each<[string, Fault, string[]]>([
    ['broke', resetAfter(40_000), ['0-99999', '40000-139999', '140000-239999', '240000-299999']],
    ['was taken and is answered 500', status(500, { done: true }), thirds],
    ['is answered 503', status(503), ['0-99999', ...thirds]],
  ])('goes on where a chunk %s', async (_, fault, expected) => {
    const { patches, told } = await upload({ chunkBytes: 100_000, faults: [fault] });
    expect(patches).toEqual(expected);
    expect(told).toBe(300_000);
  });

  it.each([1, 50_000, 99_999])('is sent whole where of each chunk %i bytes are taken', async (takes) => {
    const { patches, told } = await upload({
      size: 900_000,
      chunkBytes: 100_000,
      registry: { uploads: { takes } },
    });
    expect(patches.at(-1)).toBe('all');
    expect(patches.length).toBeLessThan(12);
    expect(told).toBe(900_000);
  });

  it('goes on where a chunk was not taken to its end', async () => {
    const { patches } = await upload({ chunkBytes: 100_000, registry: { uploads: { takes: 80_000 } } });
    expect(patches).toEqual(['0-99999', '80000-179999', '160000-259999', '240000-299999']);
  });

  it.each([400, 405, 416])('is sent whole where chunks are answered %i', async (parts) => {
    const { patches } = await upload({ chunkBytes: 100_000, registry: { uploads: { parts } } });
    expect(patches.at(-1)).toBe('all');
    expect(patches.length).toBeLessThan(8);
  });
});

describe('a registry that keeps nothing of a request that breaks', () => {
  it('gets chunks as soon as that has shown', async () => {
    const { patches, sent } = await upload({
      size: 40 * MIB,
      source: { chunk: 512 * 1024 },
      faults: [resetAfter(24 * MIB)],
      registry: { uploads: { wholeRequests: true } },
    });
    const chunks = [
      [0, 16],
      [16, 32],
      [32, 40],
    ].map(([from = 0, to = 0]) => `${from * MIB}-${to * MIB - 1}`);
    expect(patches).toEqual(['all', ...chunks]);
    expect(sent).toBeLessThan((24 + 40 + 8) * MIB);
  });

  it('gets no chunks where a request broke whose bytes may not have arrived', async () => {
    const { patches } = await upload({
      size: 4 * MIB,
      faults: [resetAfter(2 * MIB)],
      registry: { uploads: { wholeRequests: true } },
    });
    expect(patches).toEqual(['all', 'all']);
  });
});

describe('a request that is too large', () => {
  it.each<[number, number, string[]]>([
    // size, what is let through, the requests
    [100 * MIB, 97 * MIB, ['all', `0-${96 * MIB - 1}`, `${96 * MIB}-${100 * MIB - 1}`]],
    [
      33 * MIB,
      20 * MIB,
      ['all', `0-${16 * MIB - 1}`, `${16 * MIB}-${32 * MIB - 1}`, `${32 * MIB}-${33 * MIB - 1}`],
    ],
  ])('of %i bytes is sent in chunks where %i are let through', async (size, maxBody, expected) => {
    const { patches, told } = await upload({
      size,
      source: { chunk: 512 * 1024 },
      registry: { uploads: { maxBody } },
    });
    expect(patches).toEqual(expected);
    expect(told).toBe(size);
  });

  it('is sent in ever smaller chunks where its size is not known', async () => {
    const { registry, told } = await upload({
      size: 24 * MIB,
      source: { chunk: 512 * 1024, sizeKnown: false },
      registry: { uploads: { maxBody: 20 * MIB } },
    });
    const patches = registry.journal.filter(({ step }) => step === 'PATCH');
    expect(patches.map(({ bytes }) => bytes / MIB)).toEqual([24, 24, 16, 8]);
    expect(told).toBe(24 * MIB);
  });

  it('is remembered for the next blob', async () => {
    const registry = await faultRegistry({ uploads: { maxBody: 20 * MIB } });
    const client = await openClient(registry.host, REPOSITORY);
    for (const seed of ['one', 'two'])
      await client.writeBlob(blobSource(someBytes(24 * MIB, seed), { chunk: 512 * 1024 }), { signal: NEVER });
    expect(registry.journal.filter(({ status: code }) => code === 413)).toHaveLength(1);
  });

  it.each<[string, number, boolean, FaultRegistryOptions]>([
    ['chunks are too large as well', 24 * MIB, true, { uploads: { maxBody: MIB } }],
    [
      'chunks of a blob of unknown size are too large as well',
      24 * MIB,
      false,
      { uploads: { maxBody: MIB } },
    ],
    ['there are no chunks', 24 * MIB, true, { uploads: { maxBody: 20 * MIB, parts: 416 } }],
    ['it is smaller than any chunk', 2 * MIB, true, { uploads: { maxBody: MIB } }],
  ])('is an error where %s', async (_, size, sizeKnown, options) => {
    const registry = await faultRegistry(options);
    const client = await openClient(registry.host, REPOSITORY, { retry: FAST_RETRY });
    const source = blobSource(someBytes(size), { chunk: 512 * 1024, sizeKnown });
    const error = await rejectionOf(client.writeBlob(source, { signal: NEVER }));
    expect(error).toMatchObject({ code: 'LayerTooLarge', retryable: false });
    expect(registry.store.uploads.size).toBe(0);
  });
});
