/** What every object of the Kubernetes API has, as the server gives it (API conventions, "Metadata"). */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name: string;
  /** Missing on cluster-scoped objects. */
  readonly namespace?: string;
  /** Tells an object from an earlier one of the same name. */
  readonly uid: string;
  /** Opaque: to be compared for equality only. */
  readonly resourceVersion: string;
  /** Counts changes of the spec, where the kind has one. */
  readonly generation?: number;
  readonly creationTimestamp?: string;
  /** Set when deletion was asked for and finalizers or a grace period hold it up. */
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The metadata that a writer may give. With `uid` or `resourceVersion` a write has them as preconditions. */
export type DraftMeta = Pick<ObjectMeta, 'name'> &
  Partial<
    Pick<
      ObjectMeta,
      'namespace' | 'uid' | 'resourceVersion' | 'labels' | 'annotations' | 'finalizers' | 'ownerReferences'
    >
  >;

/** An object as a writer gives it; its apiVersion and kind are the resource's. */
export type Draft<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly metadata: DraftMeta;
};

/** Where an object is. */
export interface ObjectKey {
  /** Missing for cluster-scoped objects. */
  readonly namespace?: string;
  readonly name: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object: what caches and queues go by. */
export function keyOf({ namespace, name }: ObjectKey): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The opposite of keyOf. Names hold no slash, so there is only one way to read a key. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/');
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
