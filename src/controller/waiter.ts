import type { ModelVersionObject } from '../api/resources.ts';
import { keyOf } from '../kube/object.ts';
import type { Waiter } from './turns.ts';

/** A version as it stands in the queue: who was made first comes first. */
export function waiterOf({ metadata }: ModelVersionObject): Waiter {
  const { uid, namespace = '', creationTimestamp = '' } = metadata;
  return { key: keyOf(metadata), uid, namespace, since: creationTimestamp };
}
