import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildersChart, chart } from '../../bench/chart.ts';
import { outcomeOf } from '../../bench/cluster/builders-outcome.ts';
import { RESULTS } from '../../bench/paths.ts';
import type { Outcome } from '../../bench/results.ts';

const DIGESTS = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}` as const);
const usage = { peakBytes: 5e7, workingSet: 6e7, cpuSeconds: 2, written: 4e9, sent: 2e9 };
const change = { seconds: 1, sent: 2e9, added: 2.6e8 };

function measured(name: string, ...seconds: number[]) {
  const blobs = DIGESTS.map((digest) => ({ mediaType: 'x', digest, size: 1e9 }));
  const builds = seconds.map((each) => ({ seconds: each, usage, blobs }));
  return { name, how: '', builds, changed: { newTag: change, sameTag: { ...change, sent: 2.61e8 } } };
}

const outcome = outcomeOf(
  [measured('Stowage', 4, 6, 5), measured('Kaniko', 40, 45, 60)],
  { bytes: 2e9, changedBytes: 2.6e8 },
  '2 GiB',
);

describe('the picture', () => {
  it('of the peers is the one that their results were drawn as', () => {
    const kept = JSON.parse(readFileSync(`${RESULTS}peers.json`, 'utf8')) as Outcome;
    expect(chart(kept)).toBe(readFileSync(`${RESULTS}peers.svg`, 'utf8'));
  });

  it('of the builders has a group of bars for each thing that they take', () => {
    const svg = buildersChart(outcome);
    expect(svg.match(/<rect/g)).toHaveLength(8);
    expect(svg.match(/class="own"/g)).toHaveLength(4);
    // Seconds alone were measured in several rounds that differ.
    expect(svg.match(/class="range"/g)).toHaveLength(2);
    expect(svg).toContain('>4.00 GB<');
    expect(svg).toContain('>260 MB<');
  });

  it('leaves out who was not asked for a changed model', () => {
    const results = outcome.results.map(({ changed, ...each }, number) =>
      number === 0 && changed !== undefined ? { ...each, changed } : each,
    );
    expect(buildersChart({ ...outcome, results }).match(/<rect/g)).toHaveLength(7);
  });

  it('draws no bar where one took nothing', () => {
    const results = outcome.results.map((each) => ({ ...each, written: 0 }));
    expect(buildersChart({ ...outcome, results })).not.toContain('NaN');
  });
});

describe('what was measured of two builders', () => {
  it('is the median of the rounds, and the most memory of any', () => {
    expect(outcome.results.map(({ median, peakBytes }) => [median, peakBytes])).toEqual([
      [5, 5e7],
      [45, 5e7],
    ]);
    expect(outcome.results[0]?.image).toBe(2e9);
  });

  it('is judged by the ratios of the rounds', () => {
    const ratio = outcome.checks.find(({ what }) => what === 'time beside Kaniko');
    expect(ratio?.measured).toBe(4 / 40);
  });
});
