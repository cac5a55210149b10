/** What is measured, and what was promised of it. */
import { compare } from './compare.ts';
import { ALL, ON_A_LINK, ON_SLOW_STORAGE, WITHOUT_KANIKO } from './contenders.ts';
import { withDiscardRegistry } from './discard.ts';
import { withDistribution } from './distribution.ts';
import { withLink } from './link.ts';
import { manySmallFiles, shardedModel, sparseModel, type Model } from './model.ts';
import { withNfs } from './nfs.ts';
import { STOWAGE } from './paths.ts';
import { atMost, median, resultOf, type Check, type Outcome, type Result } from './results.ts';
import { measured, type Run } from './run.ts';

/** Multiples of another's time. */
const MAX_OF_RAW = 1.2;
const MAX_OF_MODCTL = 0.97;
const MAX_OF_KANIKO = 1 / 12;
const MAX_OF_MODCTL_ON_NFS = 1 / 2.5;
/** 0.95 of its throughput. */
const MAX_OF_DD = 1 / 0.95;
/** Less than this machine and the disk of its registry take. */
const LINK_MBIT = 1_000;
/** Headers are read to know a model's format, so a little more than once is read. */
const MAX_SOURCE_READS = 1.005;
/** What is remembered of uploads and records; no part of the model. */
const MAX_WRITTEN_KB = 100;
const MAX_MEMORY_MB = 150;
const MAX_MANY_SMALL_SECONDS = 3;
const MAX_HELP_MS = 150;

const SPARSE_GIB = 24;
const HELP_ROUNDS = 15;

export interface Size {
  readonly gib: number;
  readonly files: number;
  readonly rounds: number;
}

/** Beside the limit and the peers: large files to a registry on this machine. */
export async function peers(size: Size, withKaniko: boolean): Promise<Outcome> {
  const model = await shardedModel(size.gib, size.files);
  const results = await compare(model, withKaniko ? ALL : WITHOUT_KANIKO, size.rounds);
  const checks = [
    ...beside(results, 'raw', MAX_OF_RAW),
    ...beside(results, 'modctl', MAX_OF_MODCTL),
    ...beside(results, 'Kaniko', MAX_OF_KANIKO),
    ...thrift(results, model),
  ];
  return { title: titleOf(size), modelBytes: model.bytes, results, checks };
}

/** The same, read from an NFS mount. */
export async function nfs(size: Size): Promise<Outcome> {
  const local = await shardedModel(size.gib, size.files);
  return withNfs(local.directory, async (directory) => {
    const model = mountedAt(local, directory);
    const results = await compare(model, ON_SLOW_STORAGE, size.rounds);
    const checks = [...beside(results, 'modctl', MAX_OF_MODCTL_ON_NFS), ...thrift(results, model)];
    return { title: `${titleOf(size)}, over NFS`, modelBytes: model.bytes, results, checks };
  });
}

/** And where the network is what takes the time: how much of what it can carry is used. */
export async function nfsLink(size: Size): Promise<Outcome> {
  const local = await shardedModel(size.gib, size.files);
  return withLink(LINK_MBIT, (link) =>
    withNfs(
      local.directory,
      async (directory) => {
        const model = mountedAt(local, directory);
        // What a disk takes to keep it is nothing of the mount.
        const results = await compare(model, ON_A_LINK, size.rounds, withDiscard);
        const checks = [...beside(results, 'dd', MAX_OF_DD), ...thrift(results, model)];
        const title = `${titleOf(size)}, over NFS at ${LINK_MBIT / 1000} Gbit/s`;
        return { title, modelBytes: model.bytes, results, checks };
      },
      link,
    ),
  );
}

async function withDiscard<T>(use: (registry: string) => Promise<T>): Promise<T> {
  return (await withDiscardRegistry(use)).value;
}

function mountedAt(local: Model, directory: string): Model {
  const moved = (path: string): string => path.replace(local.directory, directory);
  return {
    ...local,
    directory,
    files: local.files.map((file) => ({ ...file, path: moved(file.path) })),
  };
}

export async function manySmall(rounds: number): Promise<Outcome> {
  const model = await manySmallFiles();
  const runs = await repeated(rounds, () =>
    withDistribution((registry) =>
      measured([STOWAGE, 'pack', model.directory, '--to', `${registry}/bench/small:v1`, '-o', 'json']),
    ),
  );
  const result = resultOf({ name: 'Stowage', how: './stowage pack DIR --to REF' }, runs);
  return {
    title: `${model.files.length} files, ${model.bytes / 1e6} MB, median of ${rounds} rounds`,
    results: [result],
    checks: [
      atMost('time', result.median, MAX_MANY_SMALL_SECONDS, 's'),
      atMost('peak memory', result.peakBytes / 1e6, MAX_MEMORY_MB, 'MB'),
    ],
  };
}

/** One file above 8 GiB, where tar sizes and 32-bit counters end, larger than the machine's memory where that is small. */
export async function sparse(): Promise<Outcome> {
  const model = await sparseModel(SPARSE_GIB);
  const { value, received } = await withDiscardRegistry((registry) =>
    measured([STOWAGE, 'pack', model.directory, '--to', `${registry}/bench/sparse:v1`, '-o', 'json']),
  );
  if (received < model.bytes) throw new Error(`only ${received} of ${model.bytes} bytes arrived`);
  const result = resultOf({ name: 'Stowage', how: './stowage pack DIR --to REF, a registry that discards' }, [
    value,
  ]);
  return {
    title: `one sparse file of ${SPARSE_GIB} GiB`,
    results: [result],
    checks: [atMost('peak memory', result.peakBytes / 1e6, MAX_MEMORY_MB, 'MB')],
  };
}

export async function help(): Promise<Outcome> {
  // The first start compiles; what a user feels day by day is every later one.
  await measured([STOWAGE, '--help']);
  const runs = await repeated(HELP_ROUNDS, () => measured([STOWAGE, '--help']));
  const result = resultOf({ name: 'Stowage', how: './stowage --help' }, runs);
  return {
    title: `start, median of ${HELP_ROUNDS} rounds`,
    results: [result],
    checks: [atMost('time', result.median * 1000, MAX_HELP_MS, 'ms')],
  };
}

function titleOf(size: Size): string {
  return `${size.gib} GiB in ${size.files} files, median of ${size.rounds} rounds`;
}

/**
 * Stowage's time as a multiple of another's, where both were measured: the median of the rounds' own ratios, which
 * holds when the machine's speed drifts from round to round.
 */
function beside(results: readonly Result[], other: string, limit: number): Check[] {
  const [own, its] = ['Stowage', other].map((name) => results.find((each) => each.name === name));
  if (own === undefined || its === undefined) return [];
  const ratios = own.seconds.map((seconds, round) => seconds / (its.seconds[round] ?? NaN));
  return [atMost(`time beside ${other}`, median(ratios), limit, '×')];
}

/** What Stowage may use. */
function thrift(results: readonly Result[], model: Model): Check[] {
  return results
    .filter((each) => each.name === 'Stowage')
    .flatMap(({ traffic, peakBytes }) => [
      atMost('source bytes read', (traffic?.source ?? NaN) / model.bytes, MAX_SOURCE_READS, '×'),
      atMost('bytes written', (traffic?.written ?? NaN) / 1000, MAX_WRITTEN_KB, 'kB'),
      atMost('peak memory', peakBytes / 1e6, MAX_MEMORY_MB, 'MB'),
    ]);
}

async function repeated(rounds: number, once: () => Promise<Run>): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round += 1) runs.push(await once());
  return runs;
}
