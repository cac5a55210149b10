import type { ModelVersionObject } from '../api/resources.ts';
import { isReady, readyOf } from '../builders/status.ts';
import { parseKey } from '../kube/object.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ControllerObserver } from './observer.ts';
import { isFinished } from './stage.ts';

/** What the controller does, as lines of a log and as metrics. */
export function observe(log: Log, metrics: Metrics): ControllerObserver {
  return {
    queue: (name) => metrics.queue(name),
    reconciled: (name, seconds, failed) => metrics.reconciled(name, seconds, failed),
    reconcileFailed(kind, key, error, wait) {
      const object = { kind, ...parseKey(key) };
      log.error('reconcile failed', { object, error, retryInSeconds: Math.round(wait / 1000) });
    },
    statusWritten(before, after) {
      count(before, after, metrics);
      tell(before, after, log);
    },
    turns: (running, waiting) => metrics.turns(running, waiting),
    volumesSwept(swept) {
      metrics.volumesSwept(swept);
      if (swept > 0) log.warn('deleted volumes without a version', { count: swept });
    },
    watchTrouble(resource, error) {
      log.warn('watch', { resource, error });
    },
    sweepFailed: (error) => log.warn('sweep failed', { error }),
  };
}

function count(before: ModelVersionObject, after: ModelVersionObject, metrics: Metrics): void {
  if ((after.status?.attempts ?? 0) > (before.status?.attempts ?? 0)) metrics.attemptStarted();
  if (!isFinished(after) || isFinished(before)) return;
  const reason = readyOf(after.status)?.reason;
  if (isReady(after.status)) {
    metrics.buildFinished('succeeded');
    countSuccess(after, metrics);
  } else {
    metrics.buildFinished(reason === 'Cancelled' ? 'cancelled' : 'failed', reason);
  }
}

/** The times are those that the status keeps, in whole seconds. */
function countSuccess({ metadata, status }: ModelVersionObject, metrics: Metrics): void {
  const storageReady = status?.conditions?.find(({ type }) => type === 'StorageReady')?.lastTransitionTime;
  const { startTime, finishTime, bytes } = status ?? {};
  metrics.phaseEnded('queued', secondsBetween(metadata.creationTimestamp, startTime));
  metrics.phaseEnded('storage', secondsBetween(startTime, storageReady));
  metrics.phaseEnded('build', secondsBetween(storageReady, finishTime));
  for (const kind of ['source', 'read', 'sent', 'reused'] as const) metrics.bytes(kind, bytes?.[kind] ?? 0);
}

function secondsBetween(from: string | undefined, to: string | undefined): number {
  if (from === undefined || to === undefined) return 0;
  return Math.max(0, (new Date(to).getTime() - new Date(from).getTime()) / 1000);
}

/** A line where the reason is another, or the attempt. Progress is in the status, and in the builder's own log. */
function tell(before: ModelVersionObject, after: ModelVersionObject, log: Log): void {
  const [old, now] = [readyOf(before.status), readyOf(after.status)];
  const { attempts, startTime, digest } = after.status ?? {};
  if (now === undefined || (old?.reason === now.reason && before.status?.startTime === startTime)) return;
  const { namespace, name } = after.metadata;
  const object = { kind: 'ModelVersion', name, ...(namespace === undefined ? {} : { namespace }) };
  log.info(now.message === '' ? now.reason : now.message, {
    object,
    ...{ reason: now.reason, attempt: attempts, digest },
  });
}
