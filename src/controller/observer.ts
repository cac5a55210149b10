import type { ModelVersionObject } from '../api/resources.ts';
import type { StowageError } from '../errors.ts';
import type { QueueObserver } from '../kube/work-queue.ts';

/** Who is told what happens, for metrics and logs. Calls are cheap and do not throw. */
export interface ControllerObserver {
  queue(name: 'versions' | 'models'): QueueObserver;
  reconciled(name: 'versions' | 'models', seconds: number, failed: boolean): void;
  /** `wait` is the milliseconds until it is tried again. */
  reconcileFailed(kind: 'ModelVersion' | 'Model', key: string, error: StowageError, wait: number): void;
  statusWritten(before: ModelVersionObject, after: ModelVersionObject): void;
  turns(running: number, waiting: number): void;
  volumesSwept(count: number): void;
  watchTrouble(resource: string, error: StowageError): void;
  sweepFailed(error: unknown): void;
}
