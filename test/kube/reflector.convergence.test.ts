import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { clientOf, THINGS_PATH } from './support/client.ts';
import { faultApiServer, plainCluster, type Fault, type FaultApiServer } from './support/fault-api-server.ts';
import { cached, mirror, stateOf } from './support/mirror.ts';
import type { ObjectStore } from './support/object-store.ts';
import { until } from './support/until.ts';

/** Something that is done to the server or to the connections to it. */
type Step =
  | { readonly kind: 'put' | 'delete'; readonly key: number }
  | { readonly kind: 'cut' | 'end' | 'compact' | 'mute' | 'unmute' | 'garbage' }
  | { readonly kind: 'fail'; readonly verb: 'list' | 'watch'; readonly fault: Fault }
  | { readonly kind: 'wait'; readonly milliseconds: number };

const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant<Fault>({ kind: 'reset' }),
  fc.constantFrom(403, 410, 429, 500, 503).map((status): Fault => ({ kind: 'status', status })),
  fc.nat(600).map((bytes): Fault => ({ kind: 'cut', bytes })),
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('put', 'delete'), key: fc.nat(5) }) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('cut', 'end', 'compact', 'mute', 'unmute', 'garbage')
      .map((kind) => ({ kind })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      verb: fc.constantFrom('list', 'watch'),
      fault: faults,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.nat(8) }) },
);

async function take(step: Step, server: FaultApiServer, store: ObjectStore): Promise<void> {
  switch (step.kind) {
    case 'put':
      store.put(`ns/${step.key}`, {});
      break;
    case 'delete':
      store.delete(`ns/${step.key}`);
      break;
    case 'fail':
      server.fail(step.verb, step.fault);
      break;
    case 'wait':
      await delay(step.milliseconds);
      break;
    default:
      disturb(step.kind, server, store);
  }
}

function disturb(
  kind: 'cut' | 'end' | 'compact' | 'mute' | 'unmute' | 'garbage',
  server: FaultApiServer,
  store: ObjectStore,
): void {
  if (kind === 'cut') server.cutWatches();
  if (kind === 'end') server.endWatches();
  if (kind === 'compact') store.compact();
  if (kind === 'mute') server.mute = true;
  if (kind === 'unmute') server.mute = false;
  if (kind === 'garbage') server.say('}{\n');
}

it('after whatever went wrong, the copy comes to equal the server, and the changes told add up to it', async () => {
  const server = await faultApiServer();
  const seed = Number(process.env.STOWAGE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`STOWAGE_SEED=${seed}\n`);
  const property = fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (schedule) => {
    server.heal();
    const store = server.store(THINGS_PATH);
    const copy = mirror(clientOf(plainCluster(server.url)), {
      inactivity: 40,
      settled: 3,
      backoff: { first: 1, max: 4 },
    });
    for (const step of schedule) await take(step, server, store);
    server.heal();
    store.put('ns/last', {});
    const expected = stateOf(store.all());
    const arrived = (): boolean =>
      JSON.stringify([...cached(copy.reflector)].sort()) === JSON.stringify([...expected].sort());
    await until('the copy equals the server', arrived, 5_000);
    await copy.stop();
    expect(copy.told).toEqual(expected);
    expect(copy.troubles.filter(({ code }) => code === 'Internal')).toEqual([]);
  });
  await fc.assert(property, { numRuns: 60, seed, endOnFailure: true });
});
