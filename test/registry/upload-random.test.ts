import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import {
  startFaultRegistry,
  type Fault,
  type FaultRegistry,
  type FaultRegistryOptions,
  type Step,
} from '../support/fault-registry.ts';
import { MemoryUploads } from '../support/memory-uploads.ts';
import { FAST_RETRY, openClient } from '../support/open-client.ts';
import { pushImage } from '../support/push.ts';

const NEVER = new AbortController().signal;
const SIZE = 200_000;
const SCHEDULES = 600;
const KEY = 'content-1';

const bytes = fc.oneof(fc.constantFrom(0, 1, SIZE - 1, SIZE), fc.integer({ min: 0, max: SIZE }));
const resets: fc.Arbitrary<Fault> = fc.record({ kind: fc.constant('reset'), afterBytes: bytes });
const lostAnswers: fc.Arbitrary<Fault> = fc.constant({ kind: 'reset', afterBytes: 0, done: true });
const statuses: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constant('status'),
  status: fc.constantFrom(400, 401, 403, 404, 408, 413, 416, 429, 500, 502, 503),
  early: fc.boolean(),
});
const doneStatuses: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constant('status'),
  status: fc.constantFrom(500, 502, 503, 504),
  done: fc.constant(true),
});
/** What networks and servers under load do; what says no for good ends most schedules at once, so there is less of it. */
const faults = fc.oneof(
  { weight: 4, arbitrary: resets },
  { weight: 2, arbitrary: lostAnswers },
  { weight: 2, arbitrary: doneStatuses },
  { weight: 1, arbitrary: statuses },
);
const steps = fc.constantFrom<Step[]>('POST', 'PATCH', 'PATCH', 'PATCH', 'PUT', 'GET', 'DELETE', 'blob HEAD');
const schedules = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ step: steps, fault: faults }) },
    // A tag that is set though its answer is lost is set: here its answers are lost before.
    {
      weight: 1,
      arbitrary: fc.record({ step: fc.constant<Step>('manifest PUT'), fault: fc.oneof(resets, statuses) }),
    },
  ),
  { maxLength: 12 },
);
const quirks: fc.Arbitrary<FaultRegistryOptions> = fc.constantFrom<FaultRegistryOptions[]>(
  {},
  {},
  {},
  { locations: 'absolute' },
  { auth: { kind: 'token', uses: 4 } },
  { uploads: { ask: 400 } },
  { uploads: { ask: 404 } },
  { uploads: { parts: 416 } },
  { uploads: { second: 400 } },
  { uploads: { minChunk: 60_000 } },
  { uploads: { takes: 40_000 } },
  { uploads: { wholeRequests: true } },
);
/** What an earlier process has left. It need not be true. */
const lefts = fc.constantFrom('nothing', 'nothing', 'a stored blob', 'an upload');
const attempts = fc.record({
  schedule: schedules,
  registry: quirks,
  chunkBytes: fc.constantFrom(undefined, undefined, 50_000, 130_000),
  sizeKnown: fc.boolean(),
  chunk: fc.constantFrom(7_000, 65_536, 90_000, SIZE),
  left: lefts,
});

it(`${SCHEDULES} random schedules of faults each end with the right image, or say why, tag nothing, and end well the next time`, async () => {
  const ended = { well: 0, badly: 0 };
  const one = async ({ schedule, registry: options, chunkBytes, left, ...how }: Upload): Promise<void> => {
    const registry = await startFaultRegistry(options);
    const uploads = uploadsWith(left, registry);
    const chunks = chunkBytes === undefined ? { uploads } : { uploads, chunkBytes };
    const client = await openRegistryFor(registry.host, chunks);
    try {
      for (const { step, fault } of schedule) registry.fail(step, fault);
      const source = { ...blobSource(someBytes(SIZE, JSON.stringify(schedule)), how), key: KEY };
      const failure = await pushImage(client, source, NEVER).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(source.use.closed).toBe(source.use.opened);
      if (failure === undefined) {
        expect(registry.store.tags).toEqual(['team/bert:v1']);
        expect(registry.store.blob('team/bert', source.contentDigest)?.equals(source.bytes)).toBe(true);
        ended.well += 1;
      } else {
        expect(failure).toBeInstanceOf(StowageError);
        expect(failure).not.toMatchObject({ code: 'Internal' });
        expect(registry.store.tags).toEqual([]);
        ended.badly += 1;
        // Tokens that end after four requests can end a blob of this size at any time.
        if (options.auth !== undefined) return;
        registry.mend();
        const next = await openRegistryFor(registry.host, chunks);
        await pushImage(next, source, NEVER).finally(() => next.close());
        expect(registry.store.blob('team/bert', source.contentDigest)?.equals(source.bytes)).toBe(true);
      }
    } finally {
      await client.close();
      await registry.stop();
    }
  };
  await fc.assert(fc.asyncProperty(attempts, one), { numRuns: SCHEDULES });
  // Were nearly all to fail, this would say little.
  expect(ended.well).toBeGreaterThan(SCHEDULES / 2);
}, 120_000);

type Upload = typeof attempts extends fc.Arbitrary<infer T> ? T : never;

function uploadsWith(left: Upload['left'], { host, origin, store }: FaultRegistry): MemoryUploads {
  const uploads = new MemoryUploads();
  const id = store.openUpload('team/bert');
  const location = `${origin}/v2/team/bert/blobs/uploads/${id}?_state=${id}%2f0+a%20b~c%3D%3d&x`;
  if (left === 'an upload') store.append(id, someBytes(SIZE / 4, 'left'));
  if (left === 'a stored blob') uploads.entries.set(`${host}/team/bert ${KEY}`, { key: KEY });
  if (left === 'an upload') uploads.entries.set(`${host}/team/bert ${KEY}`, { key: KEY, location });
  return uploads;
}

function openRegistryFor(
  host: string,
  options: { uploads: MemoryUploads; chunkBytes?: number },
): ReturnType<typeof openClient> {
  return openClient(host, 'team/bert', { ...options, retry: { ...FAST_RETRY, maxDelay: 4 } });
}
