/** What it takes to push a model for the second time: unchanged, and with one of its shards changed. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { changedModel, type ChangedModel } from './cluster/changed-model.ts';
import { withDistribution } from './distribution.ts';
import { STOWAGE, TRANSIENT } from './paths.ts';
import { atMost, resultOf, type Outcome } from './results.ts';
import { measured, type Run } from './run.ts';

const MAX_SECONDS = 0.6;
/** The end of a tar and the layer of small files come on top. */
const MAX_OF_CHANGED = 1.01;
/** What was touched shortly before a push is read again by the next one. */
const SETTLED_MS = 36_000;

/** Of the report. */
interface Bytes {
  readonly read: number;
  readonly sent: number;
}

interface Push extends Run {
  readonly bytes: Bytes;
}

interface Rounds {
  readonly first: Push[];
  readonly unchanged: Push[];
  readonly otherTag: Push[];
  readonly changed: Push[];
}

export async function again(gib: number, shards: number, rounds: number): Promise<Outcome> {
  const model = await changedModel(gib, shards);
  const all: Rounds = { first: [], unchanged: [], otherTag: [], changed: [] };
  try {
    await delay(SETTLED_MS);
    for (let round = 0; round < rounds; round += 1) await once(model, all);
  } finally {
    await model.remove();
  }
  const { first, unchanged, otherTag, changed } = all;
  const how = './stowage pack DIR --to REF, a process of its own each time';
  const most = (pushes: readonly Push[], key: keyof Bytes): number =>
    Math.max(...pushes.map(({ bytes }) => bytes[key]));
  const results = [
    resultOf({ name: 'first', how }, first),
    resultOf({ name: 'unchanged, same tag', how }, unchanged),
    resultOf({ name: 'unchanged, new tag', how }, otherTag),
    resultOf({ name: 'one shard changed, new tag', how }, changed),
  ];
  const again = [...unchanged, ...otherTag];
  return {
    title: `${gib} GiB in ${shards} shards and 3 small files, median of ${rounds} rounds`,
    modelBytes: model.bytes,
    results,
    checks: [
      atMost('unchanged: source bytes read', most(again, 'read'), 0, 'bytes'),
      atMost('unchanged: blob bytes sent', most(again, 'sent'), 0, 'bytes'),
      ...results.slice(1, 3).map(({ name, median }) => atMost(`${name}: time`, median, MAX_SECONDS, 's')),
      atMost('changed: read, of the shard', most(changed, 'read') / model.changedBytes, MAX_OF_CHANGED, '×'),
      atMost('changed: sent, of the shard', most(changed, 'sent') / model.changedBytes, MAX_OF_CHANGED, '×'),
    ],
  };
}

/**
 * A registry and a memory that know nothing; after the round the model is as it was. The directories take each other's
 * place, and no file is touched: the rounds need not wait.
 */
async function once(model: ChangedModel, all: Rounds): Promise<void> {
  const state = await mkdtemp(`${TRANSIENT}state-`);
  await withDistribution(async (registry) => {
    const push = (tag: string): Promise<Push> =>
      pushed(model.before, `${registry}/bench/model:${tag}`, state);
    all.first.push(await push('v1'));
    all.unchanged.push(await push('v1'));
    all.otherTag.push(await push('v2'));
    await swap(model.before, model.after);
    all.changed.push(await push('v3'));
  });
  await swap(model.before, model.after);
  await rm(state, { recursive: true });
}

async function swap(one: string, other: string): Promise<void> {
  const aside = `${one}-aside`;
  await rename(one, aside);
  await rename(other, one);
  await rename(aside, other);
}

async function pushed(directory: string, to: string, state: string): Promise<Push> {
  const run = await measured([
    ...['env', `STOWAGE_STATE=${state}`, STOWAGE, 'pack', directory, '--to', to, '-o', 'json'],
  ]);
  const { bytes } = JSON.parse(run.stdout) as { bytes: Bytes };
  return { ...run, bytes };
}
