import { onTestFinished } from 'vitest';
import type { StowageError } from '../../../src/errors.ts';
import type { ApiClient } from '../../../src/kube/api-client.ts';
import type { Change } from '../../../src/kube/cache.ts';
import { keyOf } from '../../../src/kube/object.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { ReflectorTimes } from '../../../src/kube/reflector-plan.ts';
import type { Selection } from '../../../src/kube/lists.ts';
import { THINGS, type Thing } from './client.ts';

/** A reflector at work, and a second copy that is made of nothing but the changes it told. */
export interface Mirror {
  readonly reflector: Reflector<Thing>;
  readonly changes: Change<Thing>[];
  readonly troubles: StowageError[];
  /** `key → uid/version` as told. */
  readonly told: Map<string, string>;
  stop(): Promise<void>;
}

/** Times for tests: all that waits for a reason waits for some milliseconds. */
const QUICK: ReflectorTimes = {
  inactivity: 150,
  settled: 10,
  backoff: { first: 2, max: 20 },
  watch: 60_000,
};

export function mirror(
  api: Pick<ApiClient, 'list' | 'watch'>,
  times: Partial<ReflectorTimes> = {},
  selection: Selection = {},
): Mirror {
  const changes: Change<Thing>[] = [];
  const troubles: StowageError[] = [];
  const told = new Map<string, string>();
  const reflector = new Reflector({
    ...{ api, resource: THINGS, selection, times: { ...QUICK, ...times } },
    onChange: (change) => {
      changes.push(change);
      apply(told, change);
    },
    onTrouble: (error) => troubles.push(error),
  });
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  onTestFinished(end);
  return { reflector, changes, troubles, told, stop: end };
}

/** What is in the cache, as `told` has it. */
export function cached(reflector: Reflector<Thing>): Map<string, string> {
  return stateOf(reflector.cache.values());
}

export function stateOf(objects: Iterable<Thing>): Map<string, string> {
  return new Map([...objects].map((object) => [keyOf(object.metadata), versionOf(object)]));
}

/** Holds the changes to their own rules: nothing is added twice, and only what is there is updated or deleted. */
function apply(told: Map<string, string>, change: Change<Thing>): void {
  const key = keyOf(change.object.metadata);
  const before = told.get(key)?.split('/')[0];
  const expected = change.type === 'add' ? undefined : change.object.metadata.uid;
  if (before !== expected)
    throw new Error(`${change.type} of ${key} (${change.object.metadata.uid}) after ${String(before)}`);
  if (change.type === 'delete') told.delete(key);
  else told.set(key, versionOf(change.object));
}

function versionOf({ metadata }: Thing): string {
  return `${metadata.uid}/${metadata.resourceVersion}`;
}
