import type { ModelVersionObject } from '../api/resources.ts';
import type { StowageError } from '../errors.ts';
import type { ApiClient } from '../kube/api-client.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import { keyOf, parseKey } from '../kube/object.ts';
import { WorkQueue } from '../kube/work-queue.ts';
import { runWorkers, type Reconcile } from '../kube/workers.ts';
import { buildOf } from './build-of.ts';
import { happeningOf } from './happenings.ts';
import { repeat, timed } from './loops.ts';
import type { ControllerObserver } from './observer.ts';
import { isNews } from './queue-news.ts';
import { reconcileModel } from './reconcile-model.ts';
import { VersionReconciler } from './reconcile-version.ts';
import type { Settings } from './settings.ts';
import { isInProgress } from './stage.ts';
import { sweepVolumes } from './sweep.ts';
import { Turns } from './turns.ts';
import { verdictFor } from './verdict.ts';
import { modelKeyOf } from './versions-of-models.ts';
import { waiterOf } from './waiter.ts';
import { World } from './world.ts';

/** Reconciles spend their time waiting for the API server. */
const WORKERS = 32;
/**
 * After a reconcile that failed, in milliseconds. What fails is the API server; once it is back nobody should wait long,
 * and nothing may happen to a version that would have it looked at sooner.
 */
const BACKOFF = { first: 1_000, max: 30_000 };
/** Those that wait for their turn are told how they stand. Milliseconds. */
const QUEUE_NEWS_MS = 5_000;
/** Volumes without a version are rare: somebody must have taken a finalizer away. Milliseconds. */
const SWEEP_MS = 600_000;
/** What happens to a Model and its versions comes in bursts, which are one write to its status. Milliseconds. */
const MODEL_MS = 300;
/** Between two looks at a pod's progress, in milliseconds; a pod changes more often. */
const PROGRESS_MS = 1_900;

export interface ControllerOptions {
  readonly api: ApiClient;
  readonly settings: Settings;
  /** PEM text of authorities that builders are to trust. */
  readonly authorities: string | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly observer: ControllerObserver;
}

/** The controller of one cluster: follows it always, acts on it while it leads. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #world: World;
  readonly #askedAt = new Map<string, number>();
  #versions: WorkQueue | undefined;
  #models: WorkQueue | undefined;
  #reconciling: VersionReconciler | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#world = new World({
      api: options.api,
      onVersion: (key) => this.#versions?.add(key),
      onGone: (uid) => this.#gone(uid),
      onModel: (key) => this.#models?.addAfter(key, MODEL_MS),
      onTrouble: (error, resource) => options.observer.watchTrouble(resource, error),
    });
  }

  /** Whether it knows the cluster. */
  get hasSynced(): boolean {
    return this.#world.hasSynced;
  }

  /** Follows the cluster until told to stop. */
  async follow(stop: AbortSignal): Promise<void> {
    await this.#world.run(stop);
  }

  /** Acts on the cluster until told to stop; what is in hand is finished then. Once at a time. */
  async lead(stop: AbortSignal): Promise<void> {
    await this.#world.synced(stop).catch(() => undefined);
    if (stop.aborted) return;
    const { observer } = this.#options;
    const versions = new WorkQueue({ backoff: BACKOFF, observer: observer.queue('versions') });
    const models = new WorkQueue({ backoff: BACKOFF, observer: observer.queue('models') });
    const turns = this.#turns(versions);
    const reconciler = this.#reconciler(turns);
    this.#versions = versions;
    this.#models = models;
    this.#reconciling = reconciler;
    for (const { metadata } of this.#world.versions.cache.values()) versions.add(keyOf(metadata));
    for (const { metadata } of this.#world.models.cache.values()) models.add(keyOf(metadata));
    await Promise.all([
      this.#work('versions', versions, (key) => reconciler.reconcile(key), stop),
      this.#work('models', models, (key) => this.#model(key), stop),
      repeat(QUEUE_NEWS_MS, stop, () => this.#tellQueue(turns, versions)),
      repeat(SWEEP_MS, stop, () => this.#sweep(), 'now'),
    ]);
  }

  /** Filled with what runs already, before anything new gets a turn. */
  #turns(queue: WorkQueue): Turns {
    const turns = new Turns(this.#options.settings.limits, (key) => queue.add(key));
    for (const version of this.#world.versions.cache.values())
      if (isInProgress(version)) turns.hold(waiterOf(version));
    return turns;
  }

  #reconciler(turns: Turns): VersionReconciler {
    const { api, settings, observer, events } = this.#options;
    return new VersionReconciler(api, {
      ...{ world: this.#world, turns, settings },
      buildOf: (version) => buildOf(version, this.#options, () => this.#siblings(version)),
      verdict: (seen) => verdictFor(seen, [...this.#world.policies.cache.values()], settings),
      progressDue: (uid) => this.#progressDue(uid),
      now: () => new Date(),
      onStatus: (before, after) => {
        observer.statusWritten(before, after);
        observer.turns(turns.running, turns.waiting);
        const happening = happeningOf(before, after);
        if (happening !== undefined) events.record(after, happening);
        if (!isInProgress(after)) this.#askedAt.delete(after.metadata.uid);
      },
    });
  }

  #siblings(version: ModelVersionObject): readonly ModelVersionObject[] {
    const model = modelKeyOf(version);
    return model === undefined ? [] : this.#world.versionsOfModels.of(model);
  }

  #progressDue(uid: string): boolean {
    const now = performance.now();
    if (now - (this.#askedAt.get(uid) ?? -Infinity) < PROGRESS_MS) return false;
    this.#askedAt.set(uid, now);
    return true;
  }

  #gone(uid: string): void {
    this.#askedAt.delete(uid);
    this.#reconciling?.forget(uid);
  }

  async #model(key: string): Promise<undefined> {
    const model = this.#world.models.cache.get(parseKey(key));
    if (model !== undefined)
      await reconcileModel(this.#options.api, model, this.#world.versionsOfModels.of(key));
    return undefined;
  }

  async #work(
    name: 'versions' | 'models',
    queue: WorkQueue,
    reconcile: Reconcile,
    stop: AbortSignal,
  ): Promise<void> {
    const { observer } = this.#options;
    const kind = name === 'versions' ? 'ModelVersion' : 'Model';
    const options = {
      count: WORKERS,
      reconcile: timed(reconcile, (seconds, failed) => observer.reconciled(name, seconds, failed)),
      onFailure: (key: string, error: StowageError, wait: number) =>
        observer.reconcileFailed(kind, key, error, wait),
    };
    await runWorkers(queue, options, stop);
  }

  #tellQueue(turns: Turns, versions: WorkQueue): void {
    turns.list().forEach(({ key }, position) => {
      const told = this.#world.versions.cache.get(parseKey(key))?.status?.queuePosition;
      if (told === undefined || isNews(told, position)) versions.add(key);
    });
  }

  async #sweep(): Promise<void> {
    const { api, observer } = this.#options;
    try {
      observer.volumesSwept(await sweepVolumes(api, this.#world.volumes.cache));
    } catch (error) {
      observer.sweepFailed(error);
    }
  }
}
