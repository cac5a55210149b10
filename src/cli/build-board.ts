import type { BuildDisplay } from '../cluster/build-display.ts';
import type { Course } from '../cluster/course.ts';
import { progressText, verdict } from '../cluster/verdict.ts';
import { paintFor } from '../telemetry/colour.ts';
import { LiveRegion } from '../telemetry/live-region.ts';
import { type Canvas, drawBar } from '../telemetry/progress-frame.ts';
import { cutEnd, cutMiddle, padEnd, visible, widthOf } from '../telemetry/text.ts';

/** The time to the next attempt is counted down. */
const REDRAW_MS = 1_000;
const GAP = '  ';
/** `✓ `, and a column that stays free. */
const MARK = 3;
const BAR = 20;
const LONGEST_NAME = 40;

/** Where a version stays: it scrolls away above those that are on their way. */
const MARKS: Readonly<Partial<Record<Course['state'], readonly ['green' | 'red' | 'yellow', string]>>> = {
  ready: ['green', '✓'],
  failed: ['red', '✗'],
  suspended: ['yellow', '-'],
};

/** Several builds in a cluster side by side on a terminal: a line each, redrawn in place until it has ended. */
export function buildBoard(stream: NodeJS.WriteStream): BuildDisplay {
  const region = new LiveRegion(stream);
  const paint = paintFor(stream);
  const running = new Map<string, Course>();
  let above: string[] = [];
  const draw = (): void => {
    const { columns, rows } = region.size;
    // The last column stays free: see progress-bars.ts.
    region.draw(above, boardLines(running, { columns: columns - 1, rows: rows - 1, paint }, new Date()));
    above = [];
  };
  const timer = setInterval(draw, REDRAW_MS).unref();
  const show = (name: string, course: Course): void => {
    const mark = MARKS[course.state];
    if (mark === undefined) running.set(name, course);
    else {
      running.delete(name);
      // One line: the whole error follows at the end.
      const text = visible(`${name}${GAP}${verdict(course, new Date())}`);
      above.push(`${paint(...mark)} ${cutEnd(text, region.size.columns - MARK)}`);
    }
    draw();
  };
  return {
    course: show,
    moved: show,
    progress: undefined,
    trouble({ message }) {
      above.push(`${paint('yellow', 'warning:')} ${visible(message)}`);
      draw();
    },
    close() {
      clearInterval(timer);
      region.close(above);
      above = [];
    },
  };
}

/** A line for each version that is on its way, as many as there are rows for. */
function boardLines(running: ReadonlyMap<string, Course>, canvas: Canvas, now: Date): string[] {
  const all = [...running]
    .map(([name, course]) => ({ name: visible(name), course }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = Math.min(LONGEST_NAME, Math.max(0, ...all.map(({ name }) => widthOf(name))));
  const shown = all.length <= canvas.rows ? all : all.slice(0, canvas.rows - 1);
  const hidden = all.length - shown.length;
  return [
    ...shown.map(({ name, course }) => {
      const start = `${GAP}${padEnd(cutMiddle(name, names), names)}${GAP}`;
      return `${start}${courseText(course, { ...canvas, columns: canvas.columns - widthOf(start) }, now)}`;
    }),
    ...(hidden > 0 ? [canvas.paint('dim', cutEnd(`${GAP}… and ${hidden} more`, canvas.columns))] : []),
  ];
}

function courseText(course: Course, { columns, paint }: Canvas, now: Date): string {
  if (course.state !== 'building' || course.progress === undefined)
    return cutEnd(visible(verdict(course, now)), columns);
  const { bytes, total } = course.progress;
  const text = progressText(course.progress);
  const fraction = total === 0 ? 0 : Math.min(1, bytes / total);
  if (BAR + GAP.length + widthOf(text) > columns) return cutEnd(text, columns);
  return `${drawBar(fraction, BAR, paint)}${GAP}${text}`;
}
