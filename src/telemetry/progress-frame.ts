import type { Paint } from './colour.ts';
import { formatBytes, formatDuration, formatPercent, formatRate } from './format.ts';
import type { Flight, Total } from './progress-tally.ts';
import type { ProgressLayer } from './progress.ts';
import { cutEnd, cutMiddle, padEnd, visible, widthOf } from './text.ts';

/** What may be drawn on: columns and rows of a terminal, and its colours. */
export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

const GAP = '  ';
/** `✓ ` before a finished layer; blanks before one on its way. */
const MARK = 2;
/** `100 %` */
const PERCENT = 5;
/** `1023 MiB/s` */
const RATE = 10;
/** `1023 MiB` */
const SIZE = 8;
const LONGEST_BAR = 30;
const SHORTEST_BAR = 8;
const SHORTEST_TITLE = 10;
const LONGEST_TITLE = 48;

/** Which parts of a layer's line there is room for, and how wide they are. Nothing but the width decides. */
export interface Layout {
  readonly title: number;
  /** 0: there is no room for it. */
  readonly bar: number;
  readonly rate: boolean;
}

/** `titles`: columns of the longest title. Percent stands always; then the bar, then the rate find room. */
export function layoutFor(columns: number, titles: number): Layout {
  const wanted = Math.min(titles, LONGEST_TITLE);
  const room = columns - MARK - GAP.length - PERCENT;
  const withBar = room - GAP.length - SHORTEST_BAR;
  const rate = withBar - GAP.length - RATE >= Math.min(wanted, 2 * SHORTEST_TITLE);
  const left = room - (rate ? GAP.length + RATE : 0);
  const title =
    withBar >= SHORTEST_TITLE ? Math.min(wanted, left - GAP.length - SHORTEST_BAR) : Math.min(wanted, left);
  const bar = Math.min(LONGEST_BAR, left - title - GAP.length);
  return { title: Math.max(1, title), bar: bar >= SHORTEST_BAR ? bar : 0, rate };
}

/** What is redrawn: where the whole work stands, and a line per layer on its way, as many as there are rows for. */
export function frame(total: Total, flights: readonly Flight[], layout: Layout, canvas: Canvas): string[] {
  const room = canvas.rows - 1;
  const shown = flights.length <= room ? flights : flights.slice(0, Math.max(0, room - 1));
  const hidden = flights.length - shown.length;
  const lines = [
    totalLine(total, canvas),
    ...shown.map((flight) => flightLine(flight, layout, canvas)),
    ...(hidden > 0 ? [canvas.paint('dim', cutEnd(`  … and ${hidden} more`, canvas.columns))] : []),
  ];
  return lines.slice(0, canvas.rows);
}

/** Parts go, the least telling first, until the rest fits. */
function totalLine(total: Total, { columns, paint }: Canvas): string {
  const percent = formatPercent(total.fraction).padStart(PERCENT);
  const layers = `${total.layersDone} of ${total.layers} layers`;
  const bytes = `${formatBytes(total.bytesDone)} of ${formatBytes(total.bytes)}`;
  const rate = total.bytesPerSecond === undefined ? '' : formatRate(total.bytesPerSecond);
  const left = total.secondsLeft ? `${formatDuration(total.secondsLeft)} left` : '';
  const choices = [
    [percent, bytes, layers, rate, left],
    [percent, bytes, rate, left],
    [percent, rate, left],
    [percent, left],
  ];
  const lines = choices.map((parts) => parts.filter((part) => part !== '').join(GAP));
  const line = lines.find((each) => widthOf(each) <= columns) ?? percent.slice(0, columns);
  return paint('bold', line);
}

function flightLine(
  { layer, fraction, bytesPerSecond }: Flight,
  layout: Layout,
  { columns, paint }: Canvas,
): string {
  const { title, bar, rate } = layout;
  const parts = [
    `${' '.repeat(MARK)}${padEnd(cutMiddle(visible(layer.title), title), title)}`,
    ...(bar === 0 ? [] : [drawBar(fraction, bar, paint)]),
    formatPercent(fraction).padStart(PERCENT),
    ...(rate && bytesPerSecond !== undefined ? [formatRate(bytesPerSecond).padStart(RATE)] : []),
  ];
  const line = parts.join(GAP);
  return bar === 0 ? cutEnd(line, columns) : line;
}

/** A bar that is so far, from 0 to 1. */
export function drawBar(fraction: number, width: number, paint: Paint): string {
  const halves = Math.floor(fraction * width * 2);
  const full = Math.floor(halves / 2);
  const filled = '━'.repeat(full) + (halves % 2 === 1 ? '╸' : '');
  return paint('cyan', filled) + paint('dim', '─'.repeat(width - filled.length));
}

/** What stays on the screen of a finished layer. */
export function doneLine(
  layer: ProgressLayer,
  action: string,
  layout: Layout,
  { columns, paint }: Canvas,
): string {
  const title = padEnd(cutMiddle(visible(layer.title), layout.title), layout.title);
  const size = formatBytes(layer.size).padStart(SIZE);
  const room = columns - MARK - layout.title - GAP.length;
  if (room < SIZE) return `${paint('green', '✓')} ${title}`.trimEnd();
  const how = room < SIZE + GAP.length + widthOf(action) ? '' : `${GAP}${paint('dim', visible(action))}`;
  return `${paint('green', '✓')} ${title}${GAP}${size}${how}`;
}

/** What is left of a build that ended before its time. */
export function stoppedLine(total: Total): string {
  const { layers, layersDone, bytes, bytesDone, fraction } = total;
  return `stopped at ${formatPercent(fraction)}: ${formatBytes(bytesDone)} of ${formatBytes(bytes)}, ${layersDone} of ${layers} layers`;
}
