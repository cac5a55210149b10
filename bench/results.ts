/** What a benchmark found, how it is judged, and where it is kept. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { RESULTS } from './paths.ts';
import { GIB } from './model.ts';
import type { Traffic } from './traced.ts';
import type { Run } from './run.ts';

export interface Result {
  readonly name: string;
  readonly how: string;
  /** One for each round. */
  readonly seconds: readonly number[];
  readonly median: number;
  /** Of the run that took most. */
  readonly peakBytes: number;
  /** Median. */
  readonly cpuSeconds: number;
  /** Where it was counted. */
  readonly traffic?: Traffic;
}

/** A number that was promised, and the one that was measured. */
export interface Check {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
  readonly passed: boolean;
}

export interface Outcome {
  readonly title: string;
  /** Bytes of the model, where the results tell of one. */
  readonly modelBytes?: number;
  readonly results: readonly Result[];
  readonly checks: readonly Check[];
}

export function resultOf(
  who: { name: string; how: string },
  runs: readonly Run[],
  traffic?: Traffic,
): Result {
  return {
    ...{ name: who.name, how: who.how },
    ...(traffic === undefined ? {} : { traffic }),
    seconds: runs.map((run) => run.seconds),
    median: median(runs.map((run) => run.seconds)),
    peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
    cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
  };
}

export function atMost(what: string, measured: number, limit: number, unit: string): Check {
  return { what, measured, limit, unit, passed: measured <= limit };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** Writes bench/results/NAME.json. */
export async function keep(name: string, outcome: Outcome): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  const document = { ...outcome, machine: await machine(), node: process.version };
  await writeFile(`${RESULTS}${name}.json`, `${JSON.stringify(document, null, 2)}\n`);
}

async function machine(): Promise<string> {
  const distribution =
    /PRETTY_NAME="(.*)"/.exec(await readFile('/etc/os-release', 'utf8').catch(() => ''))?.[1] ?? '';
  const processor = cpus()[0]?.model ?? '';
  return `${cpus().length} × ${processor}, ${Math.round(totalmem() / GIB)} GiB, Linux ${release()}, ${distribution}`;
}
