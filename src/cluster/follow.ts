import type { StowageError } from '../errors.ts';
import { KubeError } from '../kube/kube-error.ts';
import type { KubeObject, ObjectKey } from '../kube/object.ts';
import { Reflector } from '../kube/reflector.ts';
import type { Resource } from '../kube/resource.ts';
import type { Remote } from './connect.ts';

/**
 * Follows one object until `enough` says so. It is asked with each state that is seen, and with undefined when there is
 * no such object (any more). Lost connections are made again, for as long as the signal lets it.
 * @param onTrouble told of what is tried again
 * @throws what `enough` throws, KubeError where the server will not have it, what the signal was aborted with
 */
export async function follow<T extends KubeObject>(
  { api }: Remote,
  resource: Resource<T>,
  key: ObjectKey,
  {
    enough,
    onTrouble,
    signal,
  }: {
    readonly enough: (object: T | undefined) => boolean;
    readonly onTrouble?: (error: StowageError) => void;
    readonly signal: AbortSignal;
  },
): Promise<T | undefined> {
  const end = Promise.withResolvers<T | undefined>();
  const stop = new AbortController();
  const look = (): void => {
    const object = reflector.cache.get(key);
    try {
      if (reflector.hasSynced && enough(object)) end.resolve(object);
    } catch (error) {
      end.reject(error);
    }
  };
  const reflector = new Reflector({
    ...{ api, resource, onChange: look },
    selection: { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}` },
    onTrouble: (error) => {
      if (isFinal(error)) end.reject(error);
      else onTrouble?.(error);
    },
  });
  const both = AbortSignal.any([signal, stop.signal]);
  both.addEventListener('abort', () => end.reject(both.reason as Error), { once: true });
  if (both.aborted) end.reject(both.reason as Error);
  const running = reflector.run(both);
  // What was in the first list is looked at when it is known that there is no more.
  void reflector.synced(both).then(look, () => undefined);
  try {
    return await end.promise;
  } finally {
    stop.abort();
    await running;
  }
}

/** Whoever may not list, may not in a second either; what is old or too much for the server passes. */
function isFinal(error: StowageError): boolean {
  return error instanceof KubeError && [401, 403, 404].includes(error.status);
}
