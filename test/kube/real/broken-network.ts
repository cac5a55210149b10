import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ApiClient } from '../../../src/kube/api-client.ts';
import { isNotFound } from '../../../src/kube/kube-error.ts';
import { faultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { clientOf, THINGS } from '../support/client.ts';
import { cached, mirror, stateOf } from '../support/mirror.ts';
import { until } from '../support/until.ts';
import { allThings, same, type Stage } from './stage.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Something that is done to objects, or to the network on the way to them. */
type Step =
  | { readonly kind: 'put' | 'delete'; readonly key: number }
  | { readonly kind: 'cut' | 'stall' | 'refuse' | 'heal' }
  | { readonly kind: 'delay' | 'truncate' | 'wait'; readonly amount: number };

const STEPS: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('put', 'delete'), key: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('cut', 'stall', 'refuse', 'heal') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delay'), amount: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('truncate'), amount: fc.nat(3000) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), amount: fc.nat(80) }) },
);

export function brokenNetwork(stage: () => Stage): void {
  it('the copy comes to equal the server, and the changes told add up to it', async () => {
    const { api, namespace } = await stage().start();
    const seed = Number(process.env.STOWAGE_SEED ?? Math.floor(Math.random() * 2 ** 31));
    process.stdout.write(`STOWAGE_SEED=${seed}\n`);
    const property = fc.asyncProperty(fc.array(STEPS, { minLength: 10, maxLength: 50 }), async (schedule) => {
      const proxy = await faultProxy(stage().plane.url);
      const quick = { inactivity: 1500, settled: 10, backoff: { first: 2, max: 50 } };
      const copy = mirror(clientOf(await stage().through(proxy)), quick, { namespace });
      for (const step of schedule) await take(step, proxy, (key) => toggle(api, namespace, step.kind, key));
      proxy.heal();
      await toggle(api, namespace, 'put', 99);
      const expected = stateOf(await allThings(api, namespace));
      await until('the copy equals the server', () => same(cached(copy.reflector), expected), 15_000);
      await copy.stop();
      expect(copy.told).toEqual(expected);
      expect(copy.troubles.filter(({ code }) => code === 'Internal')).toEqual([]);
    });
    await fc.assert(property, { numRuns: 12, seed, endOnFailure: true });
  }, 180_000);

  it('no write is done twice or lost without a word', async () => {
    const { api, namespace } = await stage().start();
    const proxy = await faultProxy(stage().plane.url);
    const shaky = clientOf(await stage().through(proxy));
    const told = { done: new Set<string>(), failed: new Set<string>() };
    for (let index = 0; index < 60; index++) {
      const name = `thing-${index}`;
      if (index % 3 === 0) proxy.truncateAfter(index * 17);
      const write = shaky.create(THINGS, { metadata: { namespace, name } });
      if (index % 7 === 0) proxy.cut();
      await write.then(
        () => told.done.add(name),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'ClusterUnreachable', retryable: true });
          told.failed.add(name);
        },
      );
    }
    const there = new Set((await allThings(api, namespace)).map(({ metadata }) => metadata.name));
    expect([...told.done].filter((name) => !there.has(name))).toEqual([]);
    expect([told.failed.size > 0, told.done.size > 0]).toEqual([true, true]);
  });
}

async function take(step: Step, proxy: FaultProxy, toggled: (key: number) => Promise<void>): Promise<void> {
  if ('key' in step) return toggled(step.key);
  if (step.kind === 'wait') await delay(step.amount);
  else if (step.kind === 'delay') proxy.delay(step.amount);
  else if (step.kind === 'truncate') proxy.truncateAfter(step.amount);
  else proxy[step.kind]();
}

async function toggle(api: ApiClient, namespace: string, kind: string, key: number): Promise<void> {
  const metadata = { namespace, name: `thing-${key}` };
  if (kind === 'put') await api.apply(THINGS, { metadata, data: { at: randomUUID() } });
  else await api.delete(THINGS, metadata).catch((error: unknown) => expect(isNotFound(error)).toBe(true));
}
