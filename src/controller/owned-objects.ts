import { LABELS } from '../api/labels.ts';
import type { Change } from '../kube/cache.ts';
import type { KubeObject } from '../kube/object.ts';

/** Objects by the UID of the version that they were made for, as changes tell of them. */
export class OwnedObjects<T extends KubeObject> {
  readonly #byVersion = new Map<string, Map<string, T>>();

  of(versionUid: string): readonly T[] {
    return [...(this.#byVersion.get(versionUid)?.values() ?? [])];
  }

  take(change: Change<T>): void {
    const { object } = change;
    if (change.type === 'update') this.#remove(change.previous);
    if (change.type === 'delete') this.#remove(object);
    else this.#add(object);
  }

  #add(object: T): void {
    const uid = versionUidOf(object);
    if (uid === undefined) return;
    const owned = this.#byVersion.get(uid) ?? new Map<string, T>();
    this.#byVersion.set(uid, owned.set(object.metadata.uid, object));
  }

  #remove(object: T): void {
    const uid = versionUidOf(object);
    const owned = uid === undefined ? undefined : this.#byVersion.get(uid);
    owned?.delete(object.metadata.uid);
    if (uid !== undefined && owned?.size === 0) this.#byVersion.delete(uid);
  }
}

export function versionUidOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[LABELS.versionUid];
}
