/** Comparisons as a picture: one bar for each contender, readable on a light and on a dark page. */
import type { BuilderResult, BuildersOutcome } from './cluster/builders-outcome.ts';
import type { Outcome, Result } from './results.ts';

const WIDTH = 760;
const NAME_WIDTH = 90;
/** Room for the label to the right of the longest bar. */
const LABEL_WIDTH = 250;
const ROW = 34;
const BAR = 20;
/** Where the bars of a group begin, below its title and below its note. */
const TOP = 36;
const TOP_WITH_NOTE = 56;
const BELOW = 8;

const STYLE = `
    text { font: 14px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 } .label { fill: #59636e; font-size: 13px }
    .own { fill: #1a7f64 } .limit { fill: #8c959f } .other { fill: #c3cad2 } .range { stroke: #1f2328 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .label { fill: #9198a1 }
      .own { fill: #3fb68b } .limit { fill: #6e7681 } .other { fill: #484f58 } .range { stroke: #e6edf3 }
    }`;

interface Bar {
  readonly name: string;
  readonly value: number;
  /** The least and the most of the rounds, where there were several. */
  readonly range?: readonly [low: number, high: number];
  readonly label: string;
}

/** Bars that have a scale in common. */
interface Group {
  readonly title: string;
  readonly note?: string;
  readonly bars: readonly Bar[];
}

/** The contenders that push a model from this machine, beside the limit. */
export function chart(outcome: Outcome): string {
  const first = outcome.results[0]?.median ?? NaN;
  const label = ({ median, peakBytes }: Result): string =>
    `${median.toFixed(1)} s · ${(median / first).toFixed(2)} × raw · ${(peakBytes / 1e6).toFixed(0)} MB memory`;
  const group = {
    title: `Seconds to push ${outcome.title}`,
    note: 'Lower is better. Registry on the same machine, its storage on disk; lines show the fastest and slowest round.',
    bars: outcome.results.map((each) => ({ ...secondsOf(each), label: label(each) })),
  };
  return picture([group], summary(outcome));
}

/** The builders of a cluster: what each takes, a group of bars for each of it. */
export function buildersChart(outcome: BuildersOutcome): string {
  const { title, results, changedBytes } = outcome;
  const bytes = (what: string, of: (result: BuilderResult) => number | undefined): Group => ({
    title: what,
    bars: results.flatMap((each) => {
      const value = of(each);
      return value === undefined ? [] : [{ name: each.name, value, label: inWords(value) }];
    }),
  });
  const groups: Group[] = [
    {
      title: `Seconds from apply to Ready: ${title}`,
      note: 'Lower is better. In a pod; registry and cluster on the same machine; lines show the fastest and slowest round.',
      bars: results.map((each) => ({ ...secondsOf(each), label: `${each.median.toFixed(1)} s` })),
    },
    bytes("Written to the node's disk", ({ written }) => written),
    bytes('Memory of its processes at the peak', ({ peakBytes }) => peakBytes),
    bytes(
      `Stored more when one shard of ${inWords(changedBytes)} changes`,
      ({ changed }) => changed?.newTag.added,
    ),
  ];
  return picture(groups, summary(outcome));
}

function secondsOf({ name, median, seconds }: Result): Omit<Bar, 'label'> {
  return { name, value: median, range: [Math.min(...seconds), Math.max(...seconds)] };
}

function inWords(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function picture(groups: readonly Group[], words: string): string {
  const heights = groups.map(({ note, bars }) => topOf(note) + bars.length * ROW + BELOW);
  const start = (number: number): number => heights.slice(0, number).reduce((sum, each) => sum + each, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${start(groups.length)}" role="img" aria-label="${words}">`,
    `  <style>${STYLE}\n  </style>`,
    ...groups.flatMap((each, number) => drawn(each, start(number))),
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ title, note, bars }: Group, y: number): string[] {
  // Where nobody took anything, nothing is drawn.
  const longest = Math.max(...bars.flatMap(({ value, range = [] }) => [value, ...range])) || 1;
  const scale = (WIDTH - NAME_WIDTH - LABEL_WIDTH) / longest;
  return [
    `  <text class="title" x="0" y="${y + 18}">${title}</text>`,
    ...(note === undefined ? [] : [`  <text class="label" x="0" y="${y + 38}">${note}</text>`]),
    ...bars.map((each, number) => drawnBar(each, y + topOf(note) + number * ROW, scale)),
  ];
}

function drawnBar({ name, value, range = [value, value], label }: Bar, y: number, scale: number): string {
  const at = (each: number): string => (NAME_WIDTH + each * scale).toFixed(1);
  const kind = { Stowage: 'own', raw: 'limit' }[name] ?? 'other';
  const [low, high] = range;
  const middle = y + BAR / 2;
  return [
    `  <text x="0" y="${y + 15}">${name}</text>`,
    `  <rect class="${kind}" x="${NAME_WIDTH}" y="${y}" width="${(value * scale).toFixed(1)}" height="${BAR}" rx="2"/>`,
    ...(low < high
      ? [`  <line class="range" x1="${at(low)}" x2="${at(high)}" y1="${middle}" y2="${middle}"/>`]
      : []),
    `  <text class="label" x="${(NAME_WIDTH + high * scale + 8).toFixed(1)}" y="${y + 15}">${label}</text>`,
  ].join('\n');
}

function topOf(note: string | undefined): number {
  return note === undefined ? TOP : TOP_WITH_NOTE;
}

/** For those who hear the page. */
function summary(outcome: Outcome): string {
  return outcome.results.map((each) => `${each.name} ${each.median.toFixed(1)} seconds`).join(', ');
}
