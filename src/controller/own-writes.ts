import type { ModelVersionObject } from '../api/resources.ts';
import { Recent } from '../kube/recent.ts';
import type { Action } from './observed.ts';

/** Caches show within so many milliseconds that an object is being deleted. */
const DELETION_MS = 5_000;
const MAX_DELETIONS = 5_000;

/** What this process has written and its caches may not show yet. */
export class OwnWrites {
  /** By UID, the resource versions of ModelVersions that own writes have replaced. */
  readonly #superseded = new Map<string, Set<string>>();
  /** By UID, when the deletion of an object was asked for. */
  readonly #deletions = new Recent<number>(MAX_DELETIONS);

  /** Whether a cache that shows this lags behind our own writes. */
  isStale({ metadata }: ModelVersionObject): boolean {
    const superseded = this.#superseded.get(metadata.uid);
    if (superseded?.has(metadata.resourceVersion) === true) return true;
    this.#superseded.delete(metadata.uid);
    return false;
  }

  note(before: ModelVersionObject, after: ModelVersionObject): void {
    if (before.metadata.resourceVersion === after.metadata.resourceVersion) return;
    const superseded = this.#superseded.get(before.metadata.uid) ?? new Set();
    this.#superseded.set(before.metadata.uid, superseded.add(before.metadata.resourceVersion));
  }

  /** An action was done. */
  done(action: Action): void {
    if ('object' in action) this.#deletions.set(action.object.metadata.uid, performance.now());
  }

  /** Whether it is a deletion that was asked for a moment ago. */
  isDone(action: Action): boolean {
    if (!('object' in action) || (action.do === 'deletePod' && action.force)) return false;
    const asked = this.#deletions.get(action.object.metadata.uid);
    return asked !== undefined && performance.now() - asked < DELETION_MS;
  }

  forget(uid: string): void {
    this.#superseded.delete(uid);
  }
}
