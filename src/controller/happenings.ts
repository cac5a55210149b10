import type { ModelVersionObject } from '../api/resources.ts';
import { readyOf } from '../builders/status.ts';
import type { Happening } from '../kube/event-draft.ts';

/** Reasons that are no trouble. */
const NORMAL = new Set(['Building', 'Queued', 'Succeeded', 'Suspended', 'Cancelled']);

/** What a new status is worth telling as an event: that the reason why it is ready or not is another, or the attempt. */
export function happeningOf(before: ModelVersionObject, after: ModelVersionObject): Happening | undefined {
  const [old, now] = [readyOf(before.status), readyOf(after.status)];
  if (now === undefined) return undefined;
  const sameAttempt = before.status?.attempts === after.status?.attempts;
  if (old?.reason === now.reason && sameAttempt) return undefined;
  return {
    type: NORMAL.has(now.reason) ? 'Normal' : 'Warning',
    reason: now.reason,
    action: 'Build',
    note: now.message === '' ? now.reason : now.message,
  };
}
