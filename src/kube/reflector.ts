import { asStowageError, StowageError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import { ChangingCache, type Change, type ObjectCache } from './cache.ts';
import { sleep, SYSTEM_CLOCK, type Clock } from './clock.ts';
import type { Selection } from './lists.ts';
import type { KubeObject } from './object.ts';
import { afterTrouble, REFLECTOR_TIMES, watchSeconds, type ReflectorTimes } from './reflector-plan.ts';
import type { Resource } from './resource.ts';
import { Watchdog } from './watchdog.ts';
import type { WatchEvent } from './watch-stream.ts';

export interface ReflectorOptions<T extends KubeObject> {
  readonly api: Pick<ApiClient, 'list' | 'watch'>;
  readonly resource: Resource<T>;
  /** Default: all objects of the resource. */
  readonly selection?: Selection;
  /** Called for each change, after the cache has it; in the order in which the server made them. */
  readonly onChange: (change: Change<T>) => void;
  /** Called with what went wrong before it is tried again. Dropped connections are normal: a line for the log. */
  readonly onTrouble?: (error: StowageError) => void;
  readonly times?: Partial<ReflectorTimes>;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * Keeps a copy of the objects of a resource: lists them once, then follows what happens to them. Whatever breaks (a
 * connection, the server, its memory of the past) it goes on from where it was, or lists again and says what changed
 * in the meantime, so that the copy comes to equal the server's state once the two can speak.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #times: ReflectorTimes;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #cache = new ChangingCache<T>();
  readonly #firstList = Promise.withResolvers<undefined>();
  #synced = false;
  /** Where to go on; undefined: nobody knows, so list. */
  #version: string | undefined;
  /** Troubles in a row, with nothing learnt in between. */
  #failures = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#times = { ...REFLECTOR_TIMES, ...options.times };
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
  }

  /** Managed fields are left out: they are half of an object's size and nothing here reads them. */
  get cache(): ObjectCache<T> {
    return this.#cache;
  }

  /** Whether the cache has been complete at least once. Before, that something is not in it says nothing. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Waits until the cache is complete. Rejects with the signal's reason when that comes first. */
  async synced(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<undefined>();
    const abort = (): void => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    await Promise.race([this.#firstList.promise, aborted.promise]).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  }

  /** Works until it is told to stop. */
  async run(stop: AbortSignal): Promise<void> {
    const stopped = (): boolean => stop.aborted; // Asked anew each time: it changes while we wait.
    while (!stopped()) {
      try {
        await this.#follow(this.#version ?? (await this.#list(stop)), stop);
      } catch (error) {
        if (!stopped()) await this.#recover(asStowageError(error), stop);
      }
    }
  }

  /** @returns the version to go on from. */
  async #list(stop: AbortSignal): Promise<string> {
    const { api, resource, selection } = this.#options;
    const objects: T[] = [];
    let page = await api.list(resource, { ...selection, signal: stop });
    objects.push(...page.items.map(slim));
    while (page.next !== undefined) {
      page = await api.list(resource, { ...selection, from: page.next, signal: stop });
      objects.push(...page.items.map(slim));
    }
    this.#tell(this.#cache.replace(objects));
    this.#version = page.resourceVersion;
    this.#synced = true;
    this.#firstList.resolve(undefined);
    return page.resourceVersion;
  }

  /** Follows the server until it ends the watch, as it does now and then. */
  async #follow(version: string, stop: AbortSignal): Promise<void> {
    const { api, resource, selection } = this.#options;
    const watchdog = new Watchdog(this.#clock, this.#times.inactivity, resource.plural);
    const start = this.#clock.monotonic();
    try {
      const timeoutSeconds = watchSeconds(this.#times, this.#random());
      const signal = AbortSignal.any([stop, watchdog.signal]);
      const events = await api.watch(
        resource,
        { ...selection, resourceVersion: version, timeoutSeconds },
        signal,
      );
      for await (const event of events) {
        watchdog.heard();
        this.#failures = 0;
        this.#take(event);
      }
    } finally {
      watchdog.stop();
      if (this.#clock.monotonic() - start >= this.#times.settled) this.#failures = 0;
    }
    // A server that ends each watch at once would be asked without a pause.
    if (this.#clock.monotonic() - start < this.#times.settled)
      throw new StowageError('ClusterFailed', `a watch of ${resource.plural} ended as soon as it had begun`);
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion;
      return;
    }
    const object = slim(event.object);
    this.#tell(event.type === 'DELETED' ? this.#cache.remove(object) : this.#cache.set(object));
    this.#version = object.metadata.resourceVersion;
  }

  #tell(changes: readonly Change<T>[]): void {
    for (const change of changes) {
      try {
        this.#options.onChange(change);
      } catch (error) {
        // The change is in the cache: asking the server for it again would not bring it back here.
        this.#options.onTrouble?.(asStowageError(error));
      }
    }
  }

  async #recover(error: StowageError, stop: AbortSignal): Promise<void> {
    this.#failures += 1;
    const { list, wait } = afterTrouble(error, this.#failures, this.#times, this.#random());
    if (list) this.#version = undefined;
    this.#options.onTrouble?.(error);
    await sleep(this.#clock, wait, stop).catch(() => undefined); // The loop sees that it is to stop.
  }
}

function slim<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
