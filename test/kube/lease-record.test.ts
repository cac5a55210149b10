import { describe, expect, it } from 'vitest';
import type { Lease, LeaseSpec } from '../../src/kube/builtin.ts';
import { heldBy, holderOf, LEASE_TIMES, mayTake, observe, released } from '../../src/kube/lease-record.ts';

const HELD: LeaseSpec = {
  holderIdentity: 'a',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:10.000000Z',
  leaseTransitions: 3,
};
const DATE = new Date('2026-01-01T00:01:00.500Z');
const NOW = '2026-01-01T00:01:00.500000Z';

function lease(spec: LeaseSpec | undefined, resourceVersion = '7'): Lease {
  const metadata = { namespace: 'n', name: 'l', uid: 'u', resourceVersion };
  return { apiVersion: 'v1', kind: 'Lease', metadata, ...(spec === undefined ? {} : { spec }) };
}

describe('observe', () => {
  const first = observe(undefined, lease(HELD, '7'), 1000);

  it('counts from when it was first seen, whatever dates it holds', () => {
    expect(first).toEqual({ spec: HELD, resourceVersion: '7', since: 1000 });
  });

  it.each<[string, LeaseSpec, number]>([
    ['nothing of the record (only metadata)', HELD, 1000],
    ['the time of renewal', { ...HELD, renewTime: '2026-01-01T00:00:12.000000Z' }, 9000],
    ['the holder', { ...HELD, holderIdentity: 'b' }, 9000],
    ['the duration', { ...HELD, leaseDurationSeconds: 16 }, 9000],
    ['the number of transitions', { ...HELD, leaseTransitions: 4 }, 9000],
  ])('with a change of %s it counts from %s', (_what, spec, since) => {
    expect(observe(first, lease(spec, '8'), 9000)).toEqual({ spec, resourceVersion: '8', since });
  });

  it('takes a lease without a record for one that nobody holds', () => {
    expect(holderOf(observe(undefined, lease(undefined), 0).spec)).toBeUndefined();
  });
});

describe('mayTake', () => {
  const seen = (spec: LeaseSpec): ReturnType<typeof observe> => observe(undefined, lease(spec), 1000);

  it.each<[string, LeaseSpec, number, boolean]>([
    ['ours', { ...HELD, holderIdentity: 'me' }, 1000, true],
    ['nobody’s', { ...HELD, holderIdentity: '' }, 1000, true],
    ['nobody’s (null)', { ...HELD, holderIdentity: null }, 1000, true],
    ['nobody’s (empty record)', {}, 1000, true],
    ['another’s, just seen', HELD, 1000, false],
    ['another’s, seen for nearly its duration', HELD, 15_999, false],
    ['another’s, unchanged for its duration', HELD, 16_000, true],
    ['another’s with a longer duration', { ...HELD, leaseDurationSeconds: 60 }, 16_000, false],
    ['another’s without a duration', { ...HELD, leaseDurationSeconds: null }, 15_999, false],
    ['another’s without a duration, for ours', { ...HELD, leaseDurationSeconds: null }, 16_000, true],
  ])('%s: at %i of %s', (...[, spec, now, expected]) => {
    expect(mayTake(seen(spec), 'me', now, LEASE_TIMES)).toBe(expected);
  });
});

describe('the record that is written', () => {
  it('by the first ever', () => {
    expect(heldBy('me', undefined, DATE, LEASE_TIMES)).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: NOW,
      renewTime: NOW,
      leaseTransitions: 0,
    });
  });

  it('by who takes over counts a transition', () => {
    expect(heldBy('me', HELD, DATE, LEASE_TIMES)).toMatchObject({ acquireTime: NOW, leaseTransitions: 4 });
    expect(heldBy('me', { leaseTransitions: 5 }, DATE, LEASE_TIMES)).toMatchObject({ leaseTransitions: 6 });
  });

  it('by who renews changes nothing else', () => {
    expect(heldBy('a', HELD, DATE, LEASE_TIMES)).toEqual({ ...HELD, renewTime: NOW });
  });

  it('by who releases names nobody', () => {
    const spec = released(HELD, DATE);
    expect([holderOf(spec), spec.leaseTransitions, spec.leaseDurationSeconds]).toEqual([undefined, 3, 1]);
  });
});
