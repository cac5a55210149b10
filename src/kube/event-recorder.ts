import { randomBytes } from 'node:crypto';
import type { StowageError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import { EVENTS, microTime, type KubeEvent } from './builtin.ts';
import { SYSTEM_CLOCK, type Clock } from './clock.ts';
import { eventDraft, type Happening, type Reporter } from './event-draft.ts';
import { EventSender } from './event-sender.ts';
import { isNotFound } from './kube-error.ts';
import type { Draft, KubeObject, ObjectKey } from './object.ts';
import { RateLimiter, type RateLimit } from './rate-limiter.ts';
import { Recent } from './recent.ts';

/** New events about one object: so many at once, then one in five minutes, as Kubernetes' own components allow themselves. */
const PER_OBJECT: RateLimit = { perSecond: 1 / 300, burst: 25 };

/** What happens again only adds to a count, which is written at most this often. Milliseconds. */
const COUNT_EVERY = 60_000;

/** What did not happen for so long begins anew when it does. Milliseconds. */
const FORGOTTEN_AFTER = 600_000;

/** How many events, and objects with events, are remembered; one or two kilobytes each. */
const MAX_REMEMBERED = 2_000;

export interface EventRecorderOptions {
  readonly api: Pick<ApiClient, 'create' | 'mergePatch'>;
  readonly reporter: Reporter;
  /** Called when an event could not be written. */
  readonly onTrouble?: (error: StowageError) => void;
  readonly clock?: Clock;
}

/** An event that was written, and how often it has happened since. */
interface Series {
  readonly id: string;
  readonly key: ObjectKey;
  count: number;
  seenAt: number;
  seenDate: Date;
  writtenAt: number;
  /** Set while a count waits to be written. */
  cancel: (() => void) | undefined;
}

/**
 * Tells what happens to objects, as events (events.k8s.io/v1), for `kubectl describe` and `kubectl events`.
 * Best effort: nothing here fails or holds up the caller; a status is what counts.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #sender: EventSender;
  readonly #series = new Recent<Series>(MAX_REMEMBERED);
  readonly #limits = new Recent<RateLimiter>(MAX_REMEMBERED);

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#sender = new EventSender(this.#clock, (error) => options.onTrouble?.(error));
  }

  record(object: KubeObject, happening: Happening): void {
    const suffix = randomBytes(8).toString('hex');
    const draft = eventDraft(object, happening, this.#options.reporter, { date: this.#clock.date(), suffix });
    const { uid } = object.metadata;
    const id = JSON.stringify([uid, draft.type, draft.reason, draft.action, draft.note]);
    const series = this.#series.get(id);
    if (series !== undefined && this.#clock.monotonic() - series.seenAt < FORGOTTEN_AFTER)
      this.#count(series);
    else if (this.#limitOf(uid).tryTake()) this.#begin(id, draft);
  }

  /** Writes the counts that wait, and then nothing more. @param milliseconds how long that may take. */
  async close(milliseconds: number): Promise<void> {
    for (const series of this.#series.values()) {
      if (series.cancel !== undefined) this.#writeCount(series);
    }
    await this.#sender.close(milliseconds);
  }

  #begin(id: string, draft: Draft<KubeEvent>): void {
    const { name, namespace = '' } = draft.metadata;
    const now = this.#clock.monotonic();
    const times = { seenAt: now, seenDate: this.#clock.date(), writtenAt: now };
    this.#series.set(id, { id, key: { namespace, name }, count: 1, ...times, cancel: undefined });
    this.#sender.send((signal) => this.#options.api.create(EVENTS, draft, { signal }));
  }

  #count(series: Series): void {
    const now = this.#clock.monotonic();
    series.count += 1;
    series.seenAt = now;
    series.seenDate = this.#clock.date();
    const wait = Math.max(0, series.writtenAt + COUNT_EVERY - now);
    series.cancel ??= this.#clock.after(wait, () => this.#writeCount(series));
  }

  #writeCount(series: Series): void {
    series.cancel?.();
    series.cancel = undefined;
    series.writtenAt = this.#clock.monotonic();
    const patch = { series: { count: series.count, lastObservedTime: microTime(series.seenDate) } };
    this.#sender.send(async (signal) => {
      try {
        await this.#options.api.mergePatch(EVENTS, series.key, patch, { signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        // API servers keep events for an hour, and one may never have been written: the next begins anew.
        this.#series.delete(series.id);
      }
    });
  }

  #limitOf(uid: string): RateLimiter {
    const limit = this.#limits.get(uid) ?? new RateLimiter(PER_OBJECT, this.#clock);
    this.#limits.set(uid, limit);
    return limit;
  }
}
