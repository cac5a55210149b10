import type { Comparison, Contender } from '../cluster/comparison.ts';
import { visible } from '../telemetry/text.ts';
import { formatBytes, formatDuration } from './terminal/format.ts';
import { renderTable } from './terminal/table.ts';

const UNKNOWN = '–';

type Row = readonly [title: string, value: (contender: Contender) => string | undefined];

const ROWS: readonly Row[] = [
  ['Time', ({ seconds }) => duration(seconds)],
  ['Memory, peak', ({ memory }) => bytes(memory)],
  ['Read', ({ read }) => bytes(read)],
  ['Sent', ({ sent }) => bytes(sent)],
  ['Reused', ({ reused }) => bytes(reused)],
  ['Image', ({ size }) => bytes(size)],
  ['Layers', ({ layers }) => layers?.toString()],
  ['New if a file changes, at least', ({ changed }) => bytes(changed?.least)],
  ['at most', ({ changed }) => bytes(changed?.most)],
];

/** A column for each builder, what differs most in a sentence, and what is not known. */
export function comparisonText({ contenders, notes }: Comparison): string {
  const titles = ['', ...contenders.map(({ builder }) => builder.toUpperCase())];
  const rows = ROWS.map(([title, value]) => [
    title,
    ...contenders.map((each) => (each.error === undefined ? (value(each) ?? UNKNOWN) : UNKNOWN)),
  ]);
  const sentence = ratioOf(contenders);
  // As wide as a terminal and more, so not in columns.
  const images = contenders.flatMap(({ builder, image }) => (image === undefined ? [] : [[builder, image]]));
  return [
    renderTable(titles, rows),
    ...(images.length === 0 ? [] : ['', renderTable(['IMAGE', ''], images)]),
    ...(sentence === undefined ? [] : ['', sentence]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${visible(note)}`)]),
    '',
  ].join('\n');
}

function ratioOf(contenders: readonly Contender[]): string | undefined {
  const [fast, slow] = contenders
    .filter(({ seconds }) => seconds !== undefined && seconds > 0)
    .toSorted((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0));
  if (fast?.seconds === undefined || slow?.seconds === undefined) return undefined;
  return `${slow.builder} took ${(slow.seconds / fast.seconds).toFixed(1)} times as long as ${fast.builder}.`;
}

/** Statuses have whole seconds. */
function duration(seconds: number | undefined): string | undefined {
  if (seconds === 0) return '< 1 s';
  return seconds === undefined ? undefined : formatDuration(seconds);
}

function bytes(count: number | undefined): string | undefined {
  return count === undefined ? undefined : formatBytes(count);
}
