/**
 * Measures Stowage: `npm run bench -- [--gib 2] [--files 4] [--rounds 3] [--kaniko]` beside its peers,
 * `npm run bench -- --case again|resume|pull|nfs|nfs-link|many-small|sparse|sparse-course|help` by itself, and on a real Kubernetes cluster of its own
 * `npm run bench -- --case latency|storages|overhead|builders|burst|finished`. Prints what it found, keeps it under
 * bench/results, and exits with 1 when a number is worse than what was promised.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { help, manySmall, nfs, nfsLink, peers, sparse } from './cases.ts';
import { buildersChart, chart } from './chart.ts';
import { RESULTS, TRANSIENT } from './paths.ts';
import { keep, type Outcome } from './results.ts';
import { table } from './table.ts';

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'peers' },
    gib: { type: 'string', default: '2' },
    files: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    kaniko: { type: 'boolean', default: false },
  },
});
const size = { gib: positive('gib'), files: positive('files'), rounds: positive('rounds') };

const cases: Record<string, () => Promise<Outcome>> = {
  peers: () => peers(size, values.kaniko),
  nfs: () => nfs(size),
  'nfs-link': () => nfsLink(size),
  'many-small': () => manySmall(size.rounds),
  again: async () => (await import('./again.ts')).again(size.gib, size.files, size.rounds),
  resume: async () => (await import('./resume.ts')).resume(size.gib, size.files, size.rounds),
  pull: async () => (await import('./pull.ts')).pull(size.gib, size.files, size.rounds),
  sparse,
  'sparse-course': async () => (await import('./resume.ts')).sparseCourse(24),
  help,
  latency: async () => (await import('./cluster/latency.ts')).latency(20),
  storages: async () => (await import('./cluster/storages.ts')).storages(10),
  overhead: async () => (await import('./cluster/latency.ts')).overhead(size.gib, size.rounds),
  builders: async () => {
    const { builders } = await import('./cluster/builders.ts');
    const outcome = await builders(size.gib, size.rounds);
    await writeFile(`${RESULTS}builders.svg`, buildersChart(outcome));
    return outcome;
  },
  burst: async () => (await import('./cluster/scale.ts')).burst(500),
  finished: async () => (await import('./cluster/scale.ts')).finished(10_000),
};

const chosen = cases[values.case];
if (chosen === undefined)
  throw new Error(`no case ${values.case}; there are ${Object.keys(cases).join(', ')}`);
await rm(TRANSIENT, { recursive: true, force: true });
await mkdir(TRANSIENT, { recursive: true });
const outcome = await chosen();
process.stdout.write(table(outcome));
await keep(values.case, outcome);
if (values.case === 'peers') await writeFile(`${RESULTS}peers.svg`, chart(outcome));
process.exitCode = outcome.checks.every((check) => check.passed) ? 0 : 1;

function positive(option: 'gib' | 'files' | 'rounds'): number {
  const number = Number(values[option]);
  if (number > 0) return number;
  throw new Error(`--${option} ${values[option]} is not a number above 0`);
}
