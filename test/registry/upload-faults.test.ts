import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import type { Target } from '../../src/oci/target.ts';
import { TIMEOUTS } from '../../src/registry/transport.ts';
import { blobSource, someBytes, type WatchedSource } from '../support/blob-sources.ts';
import { faultRegistry, type Fault, type Step } from '../support/fault-registry.ts';
import { FAST_RETRY, openClient } from '../support/open-client.ts';
import { pushImage } from '../support/push.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const REPOSITORY = 'team/bert';
const status = (code: number, more: Partial<Fault & { kind: 'status' }> = {}): Fault => ({
  kind: 'status',
  status: code,
  ...more,
});
const bytes = someBytes(300_000);
const newSource = (): WatchedSource => blobSource(bytes, { name: 'model.safetensors.tar', chunk: 100_000 });

const push = (target: Target, source: WatchedSource, signal = NEVER): Promise<void> =>
  pushImage(target, source, signal);

describe('an upload that cannot succeed', () => {
  it.each<[Step, number, [code: string, retryable: boolean], Partial<Record<Step, number>>]>([
    // step, status, the error and whether it is retryable, how often each step was tried
    ['POST', 400, ['RegistryFailed', false], { POST: 1, PATCH: 0 }],
    ['POST', 401, ['RegistryAuth', false], { POST: 1, PATCH: 0 }],
    ['POST', 403, ['RegistryAuth', false], { POST: 1, PATCH: 0 }],
    ['POST', 404, ['RegistryNotFound', false], { POST: 1, PATCH: 0 }],
    ['POST', 405, ['RegistryFailed', false], { POST: 1, PATCH: 0 }],
    ['POST', 429, ['RegistryQuota', true], { POST: 6, PATCH: 0 }],
    ['POST', 500, ['RegistryFailed', true], { POST: 6, PATCH: 0 }],
    ['PATCH', 400, ['RegistryFailed', false], { POST: 1, PATCH: 1, DELETE: 1 }],
    ['PATCH', 401, ['RegistryAuth', false], { POST: 1, PATCH: 1, DELETE: 1 }],
    ['PATCH', 403, ['RegistryAuth', false], { POST: 1, PATCH: 1, DELETE: 1 }],
    ['PATCH', 413, ['LayerTooLarge', false], { POST: 1, PATCH: 1, DELETE: 1 }],
    ['PATCH', 429, ['RegistryQuota', true], { POST: 6, PATCH: 6, DELETE: 6 }],
    ['PATCH', 500, ['RegistryFailed', true], { POST: 6, PATCH: 6, DELETE: 6 }],
    ['PATCH', 503, ['RegistryFailed', true], { POST: 6, PATCH: 6, DELETE: 6 }],
    ['PATCH', 507, ['RegistryQuota', false], { POST: 1, PATCH: 1, DELETE: 1 }],
    // The session is forgotten: from the start, but not for ever.
    ['PATCH', 404, ['RegistryFailed', false], { POST: 3, PATCH: 3, DELETE: 3 }],
    ['PATCH', 416, ['RegistryFailed', false], { POST: 3, PATCH: 3, DELETE: 3 }],
    ['PUT', 404, ['RegistryFailed', false], { POST: 3, PATCH: 3, PUT: 3, 'blob HEAD': 0 }],
    ['PUT', 400, ['RegistryFailed', false], { PATCH: 1, PUT: 1, DELETE: 1, 'blob HEAD': 0 }],
    ['PUT', 401, ['RegistryAuth', false], { PATCH: 1, PUT: 1, DELETE: 1 }],
    ['PUT', 403, ['RegistryAuth', false], { PATCH: 1, PUT: 1, DELETE: 1 }],
    ['PUT', 413, ['LayerTooLarge', false], { PATCH: 1, PUT: 1, DELETE: 1 }],
    // The bytes are not sent again; before each new PUT the registry is asked whether it has the blob by now.
    ['PUT', 429, ['RegistryQuota', true], { PATCH: 1, PUT: 6, 'blob HEAD': 5, DELETE: 1 }],
    ['PUT', 500, ['RegistryFailed', true], { PATCH: 1, PUT: 6, 'blob HEAD': 5, DELETE: 1 }],
  ])('ends when every %s is answered %i', async (step, answer, [code, retryable], tries) => {
    const registry = (await faultRegistry()).fail(step, status(answer), Infinity);
    const source = newSource();
    let told = 0;
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(
      client.writeBlob(source, { signal: NEVER, onBytes: (count) => (told += count) }),
    );
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toContain(String(answer));
    for (const [each, times] of Object.entries(tries))
      expect([each, registry.count(each as Step)]).toEqual([each, times]);
    expect(source.use.closed).toBe(source.use.opened);
    expect(told).toBe(0);
    expect(registry.store.blobCount).toBe(0);
    expect(registry.store.uploads.size).toBe(0);
  });

  it('is told apart by what the registry says: a quota', async () => {
    const message =
      'adding 5 GiB of storage resource, which when updated will exceed the configured upper limit of 10 GiB';
    const registry = (await faultRegistry()).fail('PUT', status(403, { code: 'DENIED', message }));
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(client.writeBlob(newSource(), { signal: NEVER }));
    expect(error).toMatchObject({ code: 'RegistryQuota', retryable: false });
    expect(error.message).toContain('exceed the configured upper limit of 10 GiB');
  });

  it('is told apart by what the registry says: bytes that were changed on the way', async () => {
    const registry = (await faultRegistry()).fail('PUT', status(400, { code: 'DIGEST_INVALID' }));
    const client = await openClient(registry.host, REPOSITORY);
    expect(await rejectionOf(client.writeBlob(newSource(), { signal: NEVER }))).toMatchObject({
      code: 'RegistryCorrupt',
    });
    expect(registry.count('PUT')).toBe(1);
  });

  it('ends when the registry stored other bytes than were sent', async () => {
    const registry = (await faultRegistry()).fail('PUT', { kind: 'corrupt' });
    const target = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(push(target, newSource()));
    expect(error).toMatchObject({ code: 'RegistryCorrupt', retryable: false });
    expect(registry.store.tags).toEqual([]);
  });
});

describe('an upload that fails and then succeeds', () => {
  it.each<[string, Step, Fault, Partial<Record<Step, number>>]>([
    ['POST is answered 500', 'POST', status(500), { POST: 4, PATCH: 2, PUT: 2 }],
    ['PATCH is answered 503', 'PATCH', status(503), { POST: 4, PATCH: 4, PUT: 2 }],
    [
      'PATCH is answered 500 before the body was sent',
      'PATCH',
      status(500, { early: true }),
      { PATCH: 4, PUT: 2 },
    ],
    ['the session is unknown', 'PATCH', status(404, { code: 'BLOB_UPLOAD_UNKNOWN' }), { POST: 4, PATCH: 4 }],
    ['the session has another length', 'PATCH', status(416), { POST: 4, PATCH: 4 }],
    ['PUT is answered 500', 'PUT', status(500), { PATCH: 2, PUT: 4, 'blob HEAD': 2 }],
    [
      'PUT is answered 500 though it was done',
      'PUT',
      status(500, { done: true }),
      { PATCH: 2, PUT: 2, 'blob HEAD': 2 },
    ],
    [
      'PUT is done and its answer lost',
      'PUT',
      { kind: 'reset', afterBytes: 0, done: true },
      { PATCH: 2, PUT: 2, 'blob HEAD': 2 },
    ],
    ['PUT finds its session gone', 'PUT', status(404), { POST: 4, PATCH: 4, PUT: 4 }],
    ['the manifest is answered 500', 'manifest PUT', status(500), { PATCH: 2, 'manifest PUT': 3 }],
    [
      'the manifest is stored and the answer lost',
      'manifest PUT',
      { kind: 'reset', afterBytes: 0, done: true },
      { 'manifest PUT': 3 },
    ],
    [
      'a blob that was just stored is unknown',
      'manifest PUT',
      status(404, { code: 'MANIFEST_BLOB_UNKNOWN' }),
      { 'manifest PUT': 3 },
    ],
  ])('is complete when twice %s', async (_, step, fault, tries) => {
    const registry = (await faultRegistry()).fail(step, fault, 2);
    const source = newSource();
    await push(await openClient(registry.host, REPOSITORY), source);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(bytes)).toBe(true);
    expect(registry.store.tags).toEqual(['team/bert:v1']);
    for (const [each, times] of Object.entries(tries))
      expect([each, registry.count(each as Step)]).toEqual([each, times]);
  });

  it('waits as long as the registry asks', async () => {
    const registry = (await faultRegistry()).fail('POST', status(429, { headers: { 'retry-after': '1' } }));
    const started = performance.now();
    await push(await openClient(registry.host, REPOSITORY), newSource());
    expect(performance.now() - started).toBeGreaterThanOrEqual(995);
    expect(registry.count('POST')).toBe(3);
  });

  it('does not wait when the registry asks for longer than a user would', async () => {
    const registry = (await faultRegistry()).fail(
      'POST',
      status(429, { headers: { 'retry-after': '3600' } }),
    );
    const error = await rejectionOf(push(await openClient(registry.host, REPOSITORY), newSource()));
    expect(error).toMatchObject({ code: 'RegistryQuota', retryable: true, retryAfter: 3_600_000 });
    expect(registry.count('POST')).toBe(1);
  });
});

describe('an answer that comes before the body was sent', () => {
  // Large enough that neither the sockets' buffers nor the kernel's can take it.
  const large = someBytes(32 * 1024 * 1024);

  it.each([
    [401, 'RegistryAuth'],
    [403, 'RegistryAuth'],
    [507, 'RegistryQuota'],
  ])('counts as that answer: %i', async (answer, code) => {
    const registry = (await faultRegistry()).fail('PATCH', status(answer, { early: true }));
    const source = blobSource(large, { chunk: 512 * 1024 });
    const client = await openClient(registry.host, REPOSITORY);
    expect(await rejectionOf(client.writeBlob(source, { signal: NEVER }))).toMatchObject({ code });
    expect(registry.count('PATCH')).toBe(1);
    expect(source.use).toEqual({ opened: 1, closed: 1 });
  });

  it('stops a source that waits for its storage', async () => {
    const registry = (await faultRegistry()).fail('PATCH', status(403, { early: true }));
    const source = blobSource(large, {
      chunk: 512 * 1024,
      beforeChunk: (given, signal) => given === 0 || once(signal, 'abort'),
    });
    const client = await openClient(registry.host, REPOSITORY);
    expect(await rejectionOf(client.writeBlob(source, { signal: NEVER }))).toMatchObject({
      code: 'RegistryAuth',
    });
    expect(source.use).toEqual({ opened: 1, closed: 1 });
  });

  it('is no success, even if it says so', async () => {
    const registry = (await faultRegistry()).fail(
      'PATCH',
      status(202, { early: true, headers: { location: '/v2/a/blobs/uploads/x' } }),
      2,
    );
    const source = blobSource(large, { chunk: 512 * 1024 });
    await (await openClient(registry.host, REPOSITORY)).writeBlob(source, { signal: NEVER });
    expect(registry.count('PATCH')).toBe(3);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(large)).toBe(true);
  });
});

describe('a registry that is slow', () => {
  it('is waited for', async () => {
    const registry = (await faultRegistry()).fail('PATCH', { kind: 'slow', pause: 10 });
    const source = newSource();
    await push(await openClient(registry.host, REPOSITORY), source);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(bytes)).toBe(true);
  });

  const impatient = { ...TIMEOUTS, answer: 100, transfer: 100, finalise: 100 };

  it('is asked anew when it does not answer at all', async () => {
    const check = async (step: Step, tries: Partial<Record<Step, number>>): Promise<void> => {
      const registry = (await faultRegistry()).fail(step, { kind: 'stall' });
      await push(await openClient(registry.host, REPOSITORY, { timeouts: impatient }), newSource());
      for (const [each, times] of Object.entries(tries))
        expect([each, registry.count(each as Step)]).toEqual([each, times]);
    };
    // Together, since undici looks at its clock once a second.
    await Promise.all([
      check('POST', { POST: 3 }),
      check('PATCH', { POST: 3, PATCH: 3 }),
      check('PUT', { PATCH: 2, PUT: 3, 'blob HEAD': 1 }),
      check('manifest PUT', { 'manifest PUT': 2 }),
    ]);
  });

  it('is given up in the end', async () => {
    const registry = (await faultRegistry()).fail('PATCH', { kind: 'stall' }, Infinity);
    const retry = { ...FAST_RETRY, attempts: 2 };
    const target = await openClient(registry.host, REPOSITORY, { timeouts: impatient, retry });
    const error = await rejectionOf(
      push(target, blobSource(someBytes(16 * 1024 * 1024), { chunk: 512 * 1024 })),
    );
    expect(error).toMatchObject({ code: 'Timeout', retryable: true });
    expect(registry.count('PATCH')).toBe(2);
    expect(registry.store.tags).toEqual([]);
  });
});

describe('a source that fails', () => {
  it('is tried again where it says that this can help', async () => {
    const error = new StowageError('SourceUnreadable', 'the NFS server does not answer', { retryable: true });
    const registry = await faultRegistry();
    const source = blobSource(bytes, { failAt: { byte: 120_000, error, times: 2 } });
    let told = 0;
    const client = await openClient(registry.host, REPOSITORY);
    await client.writeBlob(source, { signal: NEVER, onBytes: (count) => (told += count) });
    expect(source.use).toEqual({ opened: 3, closed: 3 });
    expect(told).toBe(bytes.length);
  });

  it('at its end fails before the registry has all bytes', async () => {
    const registry = await faultRegistry();
    const source = blobSource(bytes, { failAt: { byte: bytes.length, error: new Error('changed') } });
    const client = await openClient(registry.host, REPOSITORY);
    expect(await rejectionOf(client.writeBlob(source, { signal: NEVER }))).toMatchObject({
      code: 'Internal',
      message: 'changed',
    });
    expect(registry.journal.find(({ step }) => step === 'PATCH')?.bytes).toBeLessThan(bytes.length);
    expect(registry.count('PUT')).toBe(0);
  });
});

describe('cancelling', () => {
  it('ends an upload at once, tells the registry, and leaves no tag', async () => {
    const registry = (await faultRegistry()).fail('PATCH', { kind: 'slow', pause: 5 });
    const stop = new AbortController();
    const source = blobSource(someBytes(16 * 1024 * 1024), {
      chunk: 100_000,
      beforeChunk: (given) => {
        if (given > 1_000_000) stop.abort();
      },
    });
    const error = await rejectionOf(push(await openClient(registry.host, REPOSITORY), source, stop.signal));
    expect(error).toMatchObject({ code: 'Cancelled' });
    expect(source.use).toEqual({ opened: 1, closed: 1 });
    expect(registry.steps.toSorted()).toEqual(['DELETE', 'PATCH', 'POST']);
    expect(registry.store.tags).toEqual([]);
  });

  it('does nothing when it happened before', async () => {
    const registry = await faultRegistry();
    const source = newSource();
    const target = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(push(target, source, AbortSignal.abort()));
    expect(error).toMatchObject({ code: 'Cancelled' });
    expect(registry.journal).toEqual([]);
    expect(source.use.opened).toBe(0);
  });
});
