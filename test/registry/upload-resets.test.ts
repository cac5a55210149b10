import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { faultRegistry, type Fault, type Step } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const SIZE = 300_000;
/** Below, at and above the sizes of chunks, of sockets' buffers and of the blob. */
const offsets = fc.oneof(
  fc.constantFrom(0, 1, 65_535, 65_536, 65_537, SIZE - 1, SIZE),
  fc.integer({ min: 0, max: SIZE }),
);
const chunks = fc.constantFrom(2_000, 30_000, 65_536, 200_000, SIZE);

let repositories = 0;

describe('a connection that is reset', () => {
  it('at any byte of an upload is made good by sending the rest, and nothing of what arrives is wrong', async () => {
    const registry = await faultRegistry();
    const oneUpload = async (resets: number[], chunk: number, sizeKnown: boolean): Promise<void> => {
      const repository = `team/resumed-${++repositories}`;
      for (const afterBytes of resets) registry.fail('PATCH', { kind: 'reset', afterBytes });
      const source = blobSource(someBytes(SIZE, repository), { chunk, sizeKnown });
      let told = 0;
      const client = await openClient(registry.host, repository);
      await client.writeBlob(source, { signal: NEVER, onBytes: (count) => (told += count) });
      registry.mend();
      expect(registry.store.blob(repository, source.contentDigest)?.equals(source.bytes)).toBe(true);
      expect(told).toBe(SIZE);
      expect(source.use.closed).toBe(source.use.opened);
      expect(registry.store.uploads.size).toBe(0);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(offsets, { minLength: 1, maxLength: 5 }), chunks, fc.boolean(), oneUpload),
      { numRuns: 50 },
    );
  });

  it('at any byte of an upload costs one try where the registry cannot go on', async () => {
    const registry = await faultRegistry({ uploads: { ask: 400 } });
    const oneUpload = async (resets: number[], chunk: number, sizeKnown: boolean): Promise<void> => {
      const repository = `team/reset-${++repositories}`;
      for (const afterBytes of resets) registry.fail('PATCH', { kind: 'reset', afterBytes });
      const before = registry.count('PATCH');
      const source = blobSource(someBytes(SIZE, repository), { chunk, sizeKnown });
      let told = 0;
      const client = await openClient(registry.host, repository);
      await client.writeBlob(source, { signal: NEVER, onBytes: (count) => (told += count) });
      expect(registry.count('PATCH') - before).toBe(resets.length + 1);
      expect(registry.store.blob(repository, source.contentDigest)?.equals(source.bytes)).toBe(true);
      expect(told).toBe(SIZE);
      expect(source.use).toEqual({ opened: resets.length + 1, closed: resets.length + 1 });
    };
    await fc.assert(
      fc.asyncProperty(fc.array(offsets, { minLength: 1, maxLength: 5 }), chunks, fc.boolean(), oneUpload),
      { numRuns: 50 },
    );
  });

  it.each<[Step, Partial<Record<Step, number>>]>([
    ['POST', { POST: 6, PATCH: 0 }],
    ['PATCH', { POST: 6, PATCH: 6, PUT: 0, DELETE: 6 }],
    ['PUT', { PATCH: 1, PUT: 6, 'blob HEAD': 5, DELETE: 1 }],
  ])('at every %s is given up after a few tries', async (step, tries) => {
    const registry = await faultRegistry({ uploads: { ask: 400 } });
    registry.fail(step, { kind: 'reset', afterBytes: 100_000 }, Infinity);
    const source = blobSource(someBytes(SIZE));
    const client = await openClient(registry.host, 'team/bert');
    const error = await rejectionOf(client.writeBlob(source, { signal: NEVER }));
    expect(error).toMatchObject({ code: 'RegistryUnreachable', retryable: true });
    expect(error.message).toContain('(tried 6 times)');
    for (const [each, times] of Object.entries(tries))
      expect([each, registry.count(each as Step)]).toEqual([each, times]);
    expect(registry.store.blobCount).toBe(0);
    expect(source.use.closed).toBe(source.use.opened);
  });

  // With "connection: close" the server resets the connection behind its answer, since it has not read the body.
  it('right behind an early answer ends in the error that was answered, not in one of the connection', async () => {
    const refused: Fault = { kind: 'status', status: 413, early: true, headers: { connection: 'close' } };
    const registry = (await faultRegistry()).fail('PATCH', refused, Infinity);
    const client = await openClient(registry.host, 'team/bert');
    const source = blobSource(someBytes(32 * 1024 * 1024), { chunk: 512 * 1024 });
    expect(await rejectionOf(client.writeBlob(source, { signal: NEVER }))).toMatchObject({
      code: 'LayerTooLarge',
    });
  });
});
