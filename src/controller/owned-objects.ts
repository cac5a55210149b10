import { LABELS } from '../api/labels.ts';
import type { Change } from '../kube/cache.ts';
import type { KubeObject } from '../kube/object.ts';

/** Objects by the UID of the version that they were made for, as changes tell of them. */
export class OwnedObjects<T extends KubeObject> {
  readonly #byVersion = new Map<string, Map<string, T>>();

  /** @param namespace of namespaced objects: those of another are nobody's of ours, whatever they say. */
  of(versionUid: string, namespace?: string): readonly T[] {
    const all = [...(this.#byVersion.get(versionUid)?.values() ?? [])];
    return all.filter(({ metadata }) => metadata.namespace === namespace);
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

/** A namespaced object that is ours has the version as its owner; volumes cannot have one. */
export function versionUidOf({ metadata }: KubeObject): string | undefined {
  const uid = metadata.labels?.[LABELS.versionUid];
  const owned = metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
  return metadata.namespace === undefined || owned ? uid : undefined;
}
