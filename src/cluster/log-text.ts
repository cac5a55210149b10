import { formatBytes, formatDuration, formatPercent, formatRate } from '../telemetry/format.ts';
import { visible } from '../telemetry/text.ts';
import { logEventOf, type LogEvent } from './log-event.ts';

/** A line of a builder's log for people. */
export function logText(line: string): string {
  const event = logEventOf(line);
  return visible(event === undefined ? line : textOf(event));
}

function textOf(event: LogEvent): string {
  switch (event.event) {
    case 'started':
      return `building ${event.target}`;
    case 'planned':
      return `${event.layers} ${event.layers === 1 ? 'layer' : 'layers'}, ${formatBytes(event.bytes)}`;
    case 'layer':
      return `${event.title}  ${formatBytes(event.size)}  ${event.action}`;
    case 'progress':
      return progressText(event);
    case 'warning':
      return `warning: ${event.message}`;
    case 'done':
      return `${formatBytes(event.bytesDone)} of ${formatBytes(event.bytes)} in ${formatDuration(event.seconds)}`;
    case 'report':
      return `image  ${event.image}`;
    case 'error':
      return `error: ${event.code}, ${event.message}${event.hint === undefined ? '' : `. ${event.hint}`}`;
  }
}

function progressText(event: Extract<LogEvent, { event: 'progress' }>): string {
  const { bytes, bytesDone, bytesPerSecond, secondsLeft } = event;
  return [
    formatPercent(bytes === 0 ? 0 : bytesDone / bytes),
    `${formatBytes(bytesDone)} of ${formatBytes(bytes)}`,
    ...(bytesPerSecond === undefined ? [] : [formatRate(bytesPerSecond)]),
    ...(secondsLeft === undefined || secondsLeft === 0 ? [] : [`${formatDuration(secondsLeft)} left`]),
  ].join('  ');
}
