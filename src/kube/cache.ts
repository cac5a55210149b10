import { keyOf, type KubeObject, type ObjectKey } from './object.ts';

/** What happened to one object, as far as we have seen it. */
export type Change<T extends KubeObject> =
  | { readonly type: 'add'; readonly object: T }
  | { readonly type: 'update'; readonly object: T; readonly previous: T }
  | {
      readonly type: 'delete';
      /** The last state, or with `missed` the last that we saw: it went while nobody was listening. */
      readonly object: T;
      readonly missed: boolean;
    };

/** The objects of a resource as they were a moment ago. Whoever acts on them must bear that they have changed. */
export interface ObjectCache<T extends KubeObject> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  /** In no order. */
  values(): IterableIterator<T>;
}

/** Keeps objects and says what each step changes. What is stored is shared: it is to be read only. */
export class ChangingCache<T extends KubeObject> implements ObjectCache<T> {
  readonly #objects = new Map<string, T>();

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyOf(key));
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** An object is there, in this state. */
  set(object: T): Change<T>[] {
    const key = keyOf(object.metadata);
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    if (previous === undefined) return [{ type: 'add', object }];
    if (previous.metadata.uid !== object.metadata.uid) {
      // Another object under the same name: the end of the first one went by unseen.
      return [
        { type: 'delete', object: previous, missed: true },
        { type: 'add', object },
      ];
    }
    const same = previous.metadata.resourceVersion === object.metadata.resourceVersion;
    return same ? [] : [{ type: 'update', object, previous }];
  }

  /** An object is gone; this was its last state. */
  remove(object: T): Change<T>[] {
    const key = keyOf(object.metadata);
    const known = this.#objects.get(key);
    // What is said of an object that had the name before is no news of this one.
    if (known?.metadata.uid !== object.metadata.uid) return [];
    this.#objects.delete(key);
    return [{ type: 'delete', object, missed: false }];
  }

  /** These are all objects there are. */
  replace(objects: readonly T[]): Change<T>[] {
    const present = new Set(objects.map(({ metadata }) => keyOf(metadata)));
    const gone = [...this.#objects].filter(([key]) => !present.has(key));
    for (const [key] of gone) this.#objects.delete(key);
    return [
      ...gone.map(([, object]): Change<T> => ({ type: 'delete', object, missed: true })),
      ...objects.flatMap((object) => this.set(object)),
    ];
  }
}
