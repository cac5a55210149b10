import { formatDuration, formatPercent, formatRate } from '../telemetry/format.ts';
import type { Course } from './course.ts';

/** Where a version stands, in a line for people: what describe begins with, and what apply says of each change. */
export function verdict(course: Course, now: Date): string {
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
      return ['Building', buildingText(course.progress)].filter((part) => part !== '').join(' ');
    case 'waiting':
      return `Waiting: ${because(course)}`;
    case 'retrying':
      return `Retry ${inTime(course.at, now)}: ${because(course)}`;
    case 'suspended':
      return 'Suspended: spec.suspend is true';
    case 'failed':
      return `Failed: ${because(course)}`;
    case 'deleting':
      return course.finalizers.length === 0
        ? 'Being deleted'
        : `Being deleted, held up by ${course.finalizers.join(', ')}`;
  }
}

/** `43 %  1.2 GiB/s  2 min left`, as the bars have it. */
function buildingText(progress: Extract<Course, { state: 'building' }>['progress']): string {
  if (progress === undefined) return '';
  const { bytes, total, rate, eta } = progress;
  return [
    formatPercent(total === 0 ? 0 : Math.min(0.99, bytes / total)),
    ...(rate === undefined ? [] : [formatRate(rate)]),
    ...(eta === undefined || eta === 0 ? [] : [`${formatDuration(eta)} left`]),
  ].join('  ');
}

function because({ reason, message }: { readonly reason: string; readonly message: string }): string {
  return message === '' ? reason : `${reason}, ${message}`;
}

function inTime(at: Date, now: Date): string {
  const seconds = Math.ceil((at.getTime() - now.getTime()) / 1000);
  return seconds <= 0 ? 'now' : `in ${formatDuration(seconds)}`;
}
