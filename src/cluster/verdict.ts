import { formatDuration, formatPercent, formatRate } from '../telemetry/format.ts';
import type { Course } from './course.ts';

/** Where a version stands, in a line for people: what apply says of each change. */
export function verdict(course: Course, now: Date): string {
  const message = 'message' in course ? inALine(course.message) : '';
  return message === '' ? headline(course, now) : `${headline(course, now)}, ${message}`;
}

/** The same without the message: what describe begins with. */
export function headline(course: Course, now: Date): string {
  switch (course.state) {
    case 'ready':
      return 'Ready';
    case 'unseen':
      return 'Not looked at yet; is the controller running?';
    case 'queued':
      return course.before === 0
        ? 'Waiting in the queue, next'
        : `Waiting in the queue, ${course.before} before it`;
    case 'building':
      return ['Building', progressText(course.progress)].filter((part) => part !== '').join(' ');
    case 'waiting':
      return `Waiting: ${course.reason}`;
    case 'retrying':
      return `Retry ${inTime(course.at, now)}: ${course.reason}`;
    case 'suspended':
      return 'Suspended: spec.suspend is true';
    case 'failed':
      return `Failed: ${course.reason}`;
    case 'deleting':
      return course.finalizers.length === 0
        ? 'Being deleted'
        : `Being deleted, held up by ${course.finalizers.join(', ')}`;
  }
}

/** `43 %  1.2 GiB/s  2 min left`, as the bars have it. */
export function progressText(progress: Extract<Course, { state: 'building' }>['progress']): string {
  if (progress === undefined) return '';
  const { bytes, total, rate, eta } = progress;
  return [
    formatPercent(total === 0 ? 0 : Math.min(0.99, bytes / total)),
    ...(rate === undefined ? [] : [formatRate(rate)]),
    ...(eta === undefined || eta === 0 ? [] : [`${formatDuration(eta)} left`]),
  ].join('  ');
}

/** A message for a line of a table. Some end with an object to apply: it goes, and with it what leads to it. */
function inALine(message: string): string {
  const [line = '', ...more] = message.split('\n');
  return more.length === 0 ? line : line.replace(/\. [^.]*:$/, '');
}

function inTime(at: Date, now: Date): string {
  const seconds = Math.ceil((at.getTime() - now.getTime()) / 1000);
  return seconds <= 0 ? 'now' : `in ${formatDuration(seconds)}`;
}
