/** The comparison as a picture: one bar for each contender, readable on a light and on a dark page. */
import type { Outcome, Result } from './results.ts';

const WIDTH = 760;
const NAME_WIDTH = 90;
/** Room for the label to the right of the longest bar. */
const LABEL_WIDTH = 250;
const ROW = 34;
const BAR = 20;
const TOP = 56;

const STYLE = `
    text { font: 14px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 } .label { fill: #59636e; font-size: 13px }
    .own { fill: #1a7f64 } .limit { fill: #8c959f } .other { fill: #c3cad2 } .range { stroke: #1f2328 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .label { fill: #9198a1 }
      .own { fill: #3fb68b } .limit { fill: #6e7681 } .other { fill: #484f58 } .range { stroke: #e6edf3 }
    }`;

export function chart(outcome: Outcome): string {
  const height = TOP + outcome.results.length * ROW + 8;
  const longest = Math.max(...outcome.results.flatMap((each) => each.seconds));
  const scale = (WIDTH - NAME_WIDTH - LABEL_WIDTH) / longest;
  const first = outcome.results[0]?.median ?? NaN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${summary(outcome)}">`,
    `  <style>${STYLE}\n  </style>`,
    `  <text class="title" x="0" y="18">Seconds to push ${outcome.title}</text>`,
    `  <text class="label" x="0" y="38">Lower is better. Registry on the same machine, its storage on disk; lines show the fastest and slowest round.</text>`,
    ...outcome.results.map((each, number) => bar(each, TOP + number * ROW, scale, first)),
    '</svg>',
    '',
  ].join('\n');
}

function bar(result: Result, y: number, scale: number, first: number): string {
  const length = (seconds: number): string => (seconds * scale).toFixed(1);
  const at = (seconds: number): string => (NAME_WIDTH + seconds * scale).toFixed(1);
  const kind = { Stowage: 'own', raw: 'limit' }[result.name] ?? 'other';
  const low = Math.min(...result.seconds);
  const high = Math.max(...result.seconds);
  const middle = y + BAR / 2;
  const label = `${result.median.toFixed(1)} s · ${(result.median / first).toFixed(2)} × raw · ${(result.peakBytes / 1e6).toFixed(0)} MB memory`;
  return [
    `  <text x="0" y="${y + 15}">${result.name}</text>`,
    `  <rect class="${kind}" x="${NAME_WIDTH}" y="${y}" width="${length(result.median)}" height="${BAR}" rx="2"/>`,
    `  <line class="range" x1="${at(low)}" x2="${at(high)}" y1="${middle}" y2="${middle}"/>`,
    `  <text class="label" x="${(NAME_WIDTH + high * scale + 8).toFixed(1)}" y="${y + 15}">${label}</text>`,
  ].join('\n');
}

/** For those who hear the page. */
function summary(outcome: Outcome): string {
  return outcome.results.map((each) => `${each.name} ${each.median.toFixed(1)} seconds`).join(', ');
}
