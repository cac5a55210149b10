import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/api/quantity.ts';
import type { StoragePolicySpec } from '../../src/api/storagepolicy.ts';
import { decide } from '../../src/policy/decide.ts';
import { policy, request } from './support/policies.ts';

type Limits = NonNullable<StoragePolicySpec['limits']>;

describe('the limits of a build', () => {
  it.each<[limits: (Limits | undefined)[], bytes: number | undefined, seconds: number | undefined]>([
    [[undefined], undefined, undefined],
    [[{}], undefined, undefined],
    [[{ modelSize: '1Ki', buildSeconds: 60 }], 1024, 60],
    [[{ modelSize: '1k' }], 1000, undefined],
    [[{ buildSeconds: 60 }], undefined, 60],
    [
      [
        { modelSize: '2Gi', buildSeconds: 60 },
        { modelSize: '1Gi', buildSeconds: 90 },
      ],
      2 * 1024 ** 3,
      90,
    ],
    [[{ modelSize: '2Gi', buildSeconds: 60 }, { modelSize: '1Gi' }], 2 * 1024 ** 3, undefined],
    [[{ modelSize: '2Gi', buildSeconds: 60 }, undefined], undefined, undefined],
    [[undefined, { modelSize: '2Gi', buildSeconds: 60 }, {}], undefined, undefined],
  ])('of policies with %j are %s bytes and %s seconds', (given, bytes, seconds) => {
    const policies = given.map((limits, index) => policy(`p-${index}`, limits && { limits }));
    expect(decide(policies, request())).toMatchObject({ allowed: true, limits: { bytes, seconds } });
  });

  it('are those of the policies that allow it, and no others', () => {
    const closed = [
      policy('a', { localStorage: [] }),
      policy('b', { targets: ['r.io'], limits: { modelSize: '9Ti' } }),
      policy('c', { limits: { modelSize: '5M', buildSeconds: 1 } }),
      policy('d', { namespaceSelector: { matchLabels: { team: 'b' } } }),
    ];
    expect(decide(closed, request())).toMatchObject({ policy: 'c', limits: { bytes: 5e6, seconds: 1 } });
  });

  it('are no reason to refuse a version, nor part of the smallest policy', () => {
    const verdict = decide([policy('a', { targets: ['r.io'], limits: { modelSize: '1' } })], request());
    expect(JSON.stringify(verdict)).not.toMatch(/limits|modelSize/);
  });

  it.each<[quantity: string, bytes: number]>([
    ['1', 1],
    ['1000', 1000],
    ['200k', 200e3],
    ['200M', 200e6],
    ['200G', 200e9],
    ['2T', 2e12],
    ['2P', 2e15],
    ['200Ki', 200 * 1024],
    ['200Mi', 200 * 1024 ** 2],
    ['200Gi', 200 * 1024 ** 3],
    ['2Ti', 2 * 1024 ** 4],
    ['2Pi', 2 * 1024 ** 5],
    ['999999999999999Pi', Number.MAX_SAFE_INTEGER],
  ])('%s are %d bytes', (quantity, bytes) => {
    expect(bytesOf(quantity)).toBe(bytes);
  });

  it.each(['', '0', '01', '-1', '1.5Gi', '1e3', '1 Gi', '1K', '1m', '1ki', '1GiB', '1GB', 'Gi'])(
    '%j is no quantity',
    (quantity) => {
      expect(() => bytesOf(quantity)).toThrow('is no quantity');
      // A policy that says so is not valid.
      expect(decide([policy('a', { limits: { modelSize: quantity } })], request()).allowed).toBe(false);
    },
  );
});
