import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { StoragePolicySpec } from '../../src/api/storagepolicy.ts';
import type { Storage } from '../../src/api/modelversion.ts';
import { decide } from '../../src/policy/decide.ts';
import type { PolicyRequest, Verdict } from '../../src/policy/request.ts';
import { policy, request, requestFor, requestOf } from './support/policies.ts';
import { directory, hostilePath, leadsInto } from './support/paths.ts';

const FS = 'fs-0123456789abcdef0';
const AP = 'fsap-0123456789abcdef0';

/** Of each kind with directories: what is asked for, and the rule that allows some directories of just that place. */
const KINDS: Record<
  string,
  { asked: (path: string) => PolicyRequest; rules: (prefixes: string[]) => Partial<StoragePolicySpec> }
> = {
  localStorage: {
    asked: requestFor,
    rules: (pathPrefixes) => ({ localStorage: [{ nodeSelector: {}, pathPrefixes }] }),
  },
  nfs: {
    asked: (path) => requestOf({ nfs: { server: 'nfs', path } }),
    rules: (pathPrefixes) => ({ localStorage: [], nfs: [{ servers: ['nfs'], pathPrefixes }] }),
  },
  AWSEfs: {
    asked: (path) => requestOf({ AWSEfs: { volumeHandle: `${FS}:${path}` } }),
    rules: (pathPrefixes) => ({ AWSEfs: [{ fileSystemIds: [FS], pathPrefixes }] }),
  },
  'AWSEfs through an access point': {
    asked: (path) => requestOf({ AWSEfs: { volumeHandle: `${FS}:${path}:${AP}` } }),
    rules: (pathPrefixes) => ({
      AWSEfs: [{ fileSystemIds: [FS], accessPointIds: [AP], pathPrefixes }],
    }),
  },
};

const prefixes = fc.array(directory, { minLength: 1, maxLength: 4 });

describe.each(Object.entries(KINDS))('%s', (_, { asked, rules }) => {
  it('is never allowed outside the prefixes, and the prefix of the verdict is the nearest', () => {
    fc.assert(
      fc.property(hostilePath, prefixes, fc.nat({ max: 3 }), (path, allowed, index) => {
        const at = allowed[index % allowed.length] ?? '/';
        const policies = allowed.map((each, number) => policy(`p-${number}`, rules([each])));
        for (const each of [path, `${at}/${path}`, `${at}${path}`, `${at}/../${path}`]) {
          for (const there of [[policy('p', rules(allowed))], policies]) {
            holds(each, allowed, decide(there, asked(each)));
          }
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('is allowed wherever a path is normal and lies below a prefix, with a slash at its end or without', () => {
    const names = fc.array(fc.constantFrom('a', 'ab', 'data', 'ä', '...', 'b c'), { maxLength: 4 });
    fc.assert(
      fc.property(prefixes, names, (allowed, more) => {
        const path = posix.join(allowed[0] ?? '/', ...more);
        const there = [policy('p', rules(allowed))];
        expect(decide(there, asked(path)).allowed).toBe(true);
        expect(decide(there, asked(path === '/' ? path : `${path}/`))).toEqual(decide(there, asked(path)));
      }),
      { numRuns: 300 },
    );
  });
});

function holds(path: string, allowed: readonly string[], verdict: Verdict): void {
  if (!verdict.allowed) return;
  const above = allowed.filter((each) => leadsInto(path, each));
  expect(above).not.toEqual([]);
  expect(verdict.prefix).toBe(above.reduce((a, b) => (b.length > a.length ? b : a)));
  // A handle may leave its path out. At most the "/" of a directory is not as the file system has it.
  const said = path === '' ? '/' : path;
  expect(posix.normalize(said)).toBe(said);
  // eslint-disable-next-line no-control-regex -- those that the grammar of paths refuses
  expect(path).not.toMatch(/[\x00-\x1f\x7f]/);
}

describe('a storage', () => {
  const server = fc.constantFrom('a', 'b', 'A', '10.0.0.1', '::ffff:a00:1', '::1', '10.1');
  const id = fc.constantFrom('fs-01234567', 'fs-0123456789', FS);
  const point = fc.constantFrom(AP, 'fsap-01234567', 'fsap-012345678');
  const claim = fc.constantFrom('models', 'models-2', 'other');
  const path = fc.constantFrom('/', '/a', '/a/b', '/ab', '/c');
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 1, maxLength: 3 });

  const storage: fc.Arbitrary<Storage> = fc.oneof(
    path.map((each) => ({ localStorage: { path: each, nodeName: 'worker-7' } })),
    fc.record({ server, path }).map((nfs) => ({ nfs })),
    fc.tuple(id, path, fc.option(point, { nil: '' })).map(([fileSystem, at, accessPoint]) => ({
      AWSEfs: { volumeHandle: `${fileSystem}:${at}:${accessPoint}` },
    })),
    claim.map((claimName) => ({ persistentVolumeClaim: { claimName } })),
  );

  const defined = <T extends object>(value: T): T =>
    Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;

  const rules: fc.Arbitrary<Partial<StoragePolicySpec>> = fc.oneof(
    some(path).map((pathPrefixes) => ({ localStorage: [{ nodeSelector: {}, pathPrefixes }] })),
    fc.record({ servers: some(server), pathPrefixes: some(path) }).map((nfs) => ({ nfs: [nfs] })),
    fc
      .record({
        fileSystemIds: some(id),
        accessPointIds: optional(some(point)),
        pathPrefixes: optional(some(path)),
      })
      .map((rule) => ({ AWSEfs: [defined(rule)] as NonNullable<StoragePolicySpec['AWSEfs']> })),
    fc.record({ claimNames: optional(some(claim)) }).map((rule) => ({
      persistentVolumeClaim: [defined(rule)] as NonNullable<StoragePolicySpec['persistentVolumeClaim']>,
    })),
  );

  it('is allowed by nothing but rules of its own kind', () => {
    fc.assert(
      fc.property(storage, rules, (asked, given) => {
        const there = [policy('p', { localStorage: [], ...given })];
        if (decide(there, request({ storage: asked })).allowed) {
          const used = Object.keys(given);
          expect(used).toEqual(Object.keys(asked));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is allowed by the smallest policy of its refusal, and nothing that lies beside it is', () => {
    fc.assert(
      fc.property(storage, storage, (asked, other) => {
        const refusal = decide([], request({ storage: asked }));
        fc.pre(!refusal.allowed && refusal.hint.includes('apiVersion'));
        const there = [policy('p', { localStorage: [], ...smallest(asked) })];
        expect(decide(there, request({ storage: asked })).allowed).toBe(true);
        const also = decide(there, request({ storage: other }));
        if (also.allowed) expect(Object.keys(other)).toEqual(Object.keys(asked));
      }),
    );
  });

  function smallest(asked: Storage): Partial<StoragePolicySpec> {
    const refusal = decide([], request({ storage: asked }));
    if (refusal.allowed) throw new Error('was allowed by nothing');
    const [, ...yaml] = refusal.hint.split('\n');
    return (parse(yaml.join('\n')) as { spec: StoragePolicySpec }).spec;
  }
});
