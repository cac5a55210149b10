/** What was measured of two builders, as results and as checks of what was promised. */
import { atMost, median, type Check, type Outcome, type Result } from '../results.ts';
import type { Build } from './build-version.ts';
import type { ChangedModel } from './changed-model.ts';

const MEGABYTE = 1e6;
/** What Stowage may take: of Kaniko's time, of memory, of the node's disk, and of the registry for a changed shard. */
const MAX_OF_KANIKO = 1 / 4;
const MAX_MEMORY_MB = 256;
const MAX_WRITTEN_MB = 1;
/** The layer with the small files and the end of each tar come on top. */
const MAX_OF_CHANGED = 1.02;

/** What is told of a builder besides time and memory. Bytes are those of the first build, but for `changed`. */
export interface BuilderResult extends Result {
  /** The most memory at a time as the kubelet counts it, page cache that is in use included. */
  readonly workingSet: number;
  /** To the disk of the node, by the pod. */
  readonly written: number;
  /** Over the network, by the pod. */
  readonly sent: number;
  /** Of the image, as the registry has it. */
  readonly image: number;
  /** The same model after one of its shards has changed: under a tag of its own, and under the tag that there was. */
  readonly changed?: { readonly newTag: Change; readonly sameTag: Change };
}

export interface Change {
  readonly seconds: number;
  readonly sent: number;
  /** Of blobs that the image before did not have: what the registry stores more, and who pulls it again. */
  readonly added: number;
}

export interface BuildersOutcome extends Outcome {
  readonly modelBytes: number;
  readonly changedBytes: number;
  readonly results: readonly BuilderResult[];
}

/** A contender, and what it did. */
export interface Measured {
  readonly name: string;
  readonly how: string;
  readonly builds: readonly Build[];
  readonly changed?: NonNullable<BuilderResult['changed']>;
}

/** @param measured our own builder first, then Kaniko */
export function outcomeOf(
  measured: readonly Measured[],
  { bytes, changedBytes }: Pick<ChangedModel, 'bytes' | 'changedBytes'>,
  title: string,
): BuildersOutcome {
  const results = measured.map(resultOf);
  return { title, modelBytes: bytes, changedBytes, results, checks: checksOf(results, changedBytes) };
}

function resultOf({ name, how, builds, changed }: Measured): BuilderResult {
  const seconds = builds.map((build) => build.seconds);
  const usage = builds.map((build) => build.usage);
  return {
    ...{ name, how, seconds, median: median(seconds) },
    peakBytes: Math.max(...usage.map((each) => each.peakBytes)),
    workingSet: Math.max(...usage.map((each) => each.workingSet)),
    cpuSeconds: median(usage.map((each) => each.cpuSeconds)),
    written: median(usage.map((each) => each.written)),
    sent: median(usage.map((each) => each.sent)),
    image: median(builds.map((build) => sizeOf(build.blobs))),
    ...(changed === undefined ? {} : { changed }),
  };
}

/** The time by the rounds' own ratios, which hold when the machine's speed drifts from round to round. */
function checksOf([own, kaniko]: readonly BuilderResult[], changedBytes: number): Check[] {
  if (own?.changed === undefined || kaniko === undefined) return [];
  const ratios = own.seconds.map((seconds, round) => seconds / (kaniko.seconds[round] ?? NaN));
  return [
    atMost('time beside Kaniko', median(ratios), MAX_OF_KANIKO, '×'),
    atMost('working set of the pod', own.workingSet / MEGABYTE, MAX_MEMORY_MB, 'MB'),
    atMost("written to the node's disk", own.written / MEGABYTE, MAX_WRITTEN_MB, 'MB'),
    atMost('stored for a changed shard', own.changed.newTag.added / changedBytes, MAX_OF_CHANGED, '×'),
    atMost(
      'sent for a changed shard, same tag',
      own.changed.sameTag.sent / changedBytes,
      MAX_OF_CHANGED,
      '×',
    ),
  ];
}

/** Bytes together. */
export function sizeOf(blobs: Build['blobs']): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
