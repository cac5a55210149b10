import { formatBytes, formatDuration, formatPercent, formatRate } from './format.ts';
import { stoppedLine } from './progress-frame.ts';
import { Tally, type Total } from './progress-tally.ts';
import type { Progress, ProgressLayer } from './progress.ts';
import { visible } from './text.ts';

/** Often enough to see that it lives; seldom enough for a log that someone scrolls through. */
const REPORT_MS = 10_000;

/** Plain lines for logs, pipes and dumb terminals: the plan, each finished layer, and every ten seconds how far it is. */
export function progressLines(stream: NodeJS.WritableStream): Progress {
  const tally = new Tally(performance.now());
  let timer: NodeJS.Timeout | undefined;
  let finished = false;
  const say = (line: string): void => {
    if (!finished) stream.write(`${line}\n`);
  };
  return {
    planned(work) {
      tally.planned(work);
      say(`${work.layers} ${work.layers === 1 ? 'layer' : 'layers'}, ${formatBytes(work.bytes)}`);
      if (finished || timer !== undefined || work.layers === 0) return;
      timer = setInterval(() => say(progressLine(tally.total(performance.now()))), REPORT_MS).unref();
    },
    layerStarted: (layer) => tally.started(layer, performance.now()),
    layerBytes: (layer, bytes) => tally.moved(layer, bytes, performance.now()),
    layerDone(layer, action) {
      tally.done(layer);
      say(layerLine(layer, action));
    },
    warning: (text) => say(`warning: ${visible(text)}`),
    finished() {
      clearInterval(timer);
      const total = tally.total(performance.now());
      if (total.layersDone < total.layers) say(stoppedLine(total));
      finished = true;
    },
  };
}

function layerLine({ title, size }: ProgressLayer, action: string): string {
  return `${visible(title)}  ${formatBytes(size)}  ${visible(action)}`;
}

function progressLine(total: Total): string {
  const { fraction, bytesDone, bytes, bytesPerSecond, secondsLeft } = total;
  return [
    formatPercent(fraction),
    `${formatBytes(bytesDone)} of ${formatBytes(bytes)}`,
    ...(bytesPerSecond === undefined ? [] : [formatRate(bytesPerSecond)]),
    ...(secondsLeft === undefined || secondsLeft === 0 ? [] : [`${formatDuration(secondsLeft)} left`]),
  ].join('  ');
}
