import { parseKey, type KubeObject } from '../../../src/kube/object.ts';

export interface StoredEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: KubeObject;
}

/** The objects of one collection, with the history of their changes: as much of etcd as watches are made of. */
export class ObjectStore {
  readonly #objects = new Map<string, KubeObject>();
  readonly #history: StoredEvent[] = [];
  readonly #listeners = new Set<(event: StoredEvent) => void>();
  #version = 100;
  /** The history before this is forgotten. */
  #oldest = 100;
  #uids = 0;

  get version(): number {
    return this.#version;
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** Sorted by key, as lists are. */
  all(): KubeObject[] {
    return [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** Stores an object under a key, as a new one or a new version of what is there. */
  put(key: string, object: object): KubeObject {
    const before = this.#objects.get(key);
    const given = object as KubeObject;
    const metadata = {
      ...(given as Partial<KubeObject>).metadata,
      ...parseKey(key),
      uid: before?.metadata.uid ?? `uid-${++this.#uids}`,
      resourceVersion: String(++this.#version),
      managedFields: [{ manager: 'test' }],
    };
    const stored = { ...given, metadata };
    this.#objects.set(key, stored);
    this.#tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', version: this.#version, object: stored });
    return stored;
  }

  delete(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    const version = ++this.#version;
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    this.#tell({ type: 'DELETED', version, object });
  }

  since(version: number): StoredEvent[] {
    return this.#history.filter((event) => event.version > version);
  }

  /** Forgets the past: who wants to go on from there must list again. */
  compact(): void {
    this.#oldest = this.#version;
    this.#history.splice(0);
  }

  /** Another etcd, from an old backup: the same objects, and versions that were used before. */
  restore(): void {
    this.#version = 50;
    this.compact();
  }

  listen(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: StoredEvent): void {
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}
