import { isDeepStrictEqual } from 'node:util';
import { MODEL_VERSIONS, type ModelVersionObject } from '../api/resources.ts';
import { StowageError } from '../errors.ts';
import { isConflict, isNotFound } from '../kube/kube-error.ts';
import { keyOf, parseKey } from '../kube/object.ts';
import type { Requeue } from '../kube/workers.ts';
import { act, type Writer } from './act.ts';
import { decide } from './decide.ts';
import { type Reader } from './look.ts';
import { Looks } from './looks.ts';
import type { Decision, Look, Observed, Setting } from './observed.ts';
import { attemptFailed } from './outcome.ts';
import { OwnWrites } from './own-writes.ts';
import { pastDeadline, refusalOf } from './refusal.ts';
import type { ReconcileTools } from './tools.ts';

/** Steps of one reconcile before it is a defect: each look is made once, each action leads on. */
const MAX_STEPS = 20;
/** How soon it is looked at again what our caches had not yet. Milliseconds. */
const STALE_MS = 100;

/**
 * Brings one version a step nearer to its image: looks at what there is, decides, writes. One status write at most, and
 * it is the last: what it says is true then.
 */
export class VersionReconciler {
  readonly #tools: ReconcileTools;
  readonly #api: Reader & Writer;
  readonly #own = new OwnWrites();
  readonly #looks: Looks;

  constructor(api: Reader & Writer, tools: ReconcileTools) {
    this.#api = api;
    this.#looks = new Looks(api, tools);
    this.#tools = tools;
  }

  async reconcile(key: string): Promise<Requeue | undefined> {
    const { world } = this.#tools;
    const version = world.versions.cache.get(parseKey(key));
    if (version === undefined || this.#own.isStale(version)) return undefined;
    try {
      return await this.#step(this.#observe(version));
    } catch (error) {
      // Something is newer than our caches have it, or has gone: they will show it in a moment.
      if (isConflict(error) || isNotFound(error)) return { after: STALE_MS };
      throw error;
    } finally {
      // It may have gone while we were at it, after everybody was told so.
      const { uid } = version.metadata;
      if (world.versions.cache.get(parseKey(key))?.metadata.uid !== uid) this.forget(uid);
    }
  }

  /** It is gone: nothing needs to be remembered of it. */
  forget(uid: string): void {
    this.#own.forget(uid);
    this.#tools.turns.leave(uid);
  }

  #observe(version: ModelVersionObject): Observed {
    const { world } = this.#tools;
    const { namespace = '', uid } = version.metadata;
    const { modelName } = (version.spec as Partial<ModelVersionObject['spec']> | undefined) ?? {};
    return {
      version,
      namespace: world.namespaces.cache.get({ name: namespace }),
      model: world.models.cache.get({ namespace, name: modelName ?? '' }),
      owned: {
        volumes: world.ownedVolumes.of(uid),
        claims: world.ownedClaims.of(uid, namespace),
        pods: world.ownedPods.of(uid, namespace),
      },
      live: false,
    };
  }

  async #step(start: Observed): Promise<Requeue | undefined> {
    let seen = start;
    for (let step = 0; step < MAX_STEPS; step++) {
      const setting = this.#setting();
      const decision = decide(seen, setting);
      if ('look' in decision) {
        seen = { ...seen, ...(await this.#looks.look(decision.look, seen)) };
        continue;
      }
      const [after, outcome] = await this.#actAll(seen, decision, setting);
      seen = after;
      if (outcome.again === true) continue;
      return this.#conclude(start.version, seen.version, outcome);
    }
    throw new StowageError('Internal', `no end of steps for ${keyOf(start.version.metadata)}`);
  }

  /** @returns what is known afterwards, and what to do now: something else where an action was refused. */
  async #actAll(
    seen: Observed,
    decision: Exclude<Decision, { look: Look }>,
    setting: Setting,
  ): Promise<[Observed, Exclude<Decision, { look: Look }>]> {
    let now = seen;
    for (const action of decision.actions) {
      if (this.#own.isDone(action)) continue;
      try {
        const { version, model } = await act(this.#api, action, now.version);
        this.#own.done(action);
        if (version !== undefined) this.#own.note(now.version, version);
        now = { ...now, ...(version && { version }), ...(model && { model }) };
      } catch (error) {
        const failed = this.#failure(now, error, setting);
        if (failed === undefined) throw error;
        return [now, failed];
      }
    }
    return [now, decision];
  }

  #failure(seen: Observed, thrown: unknown, setting: Setting): Exclude<Decision, { look: Look }> | undefined {
    const ours =
      thrown instanceof StowageError && OURS.has(thrown.code)
        ? thrown
        : refusalOf(thrown, seen.version.status?.builder);
    const error = ours ?? pastDeadline(seen, thrown, setting);
    if (error === undefined) return undefined;
    // No attempt has failed: the whole version will be gone in a moment.
    if (error.code === 'NamespaceTerminating') return { actions: [] };
    const decision = attemptFailed(seen, error, setting);
    return 'look' in decision ? undefined : decision;
  }

  async #conclude(
    before: ModelVersionObject,
    version: ModelVersionObject,
    { status, leave, wait }: Exclude<Decision, { look: Look }>,
  ): Promise<Requeue | undefined> {
    if (status !== undefined && !isDeepStrictEqual(status, version.status)) {
      const written = await this.#api.update(
        MODEL_VERSIONS,
        { ...version, status },
        { subresource: 'status' },
      );
      this.#own.note(version, written);
      this.#tools.onStatus(before, { ...version, status });
    }
    if (leave === true) this.#tools.turns.leave(version.metadata.uid);
    return wait === undefined || wait === Infinity ? undefined : { after: Math.max(wait, 1) };
  }

  #setting(): Setting {
    const { settings, buildOf } = this.#tools;
    return { now: this.#tools.now(), settings, buildOf };
  }
}

/** Failures of ours that are the attempt's, and not the reconcile's. */
const OURS = new Set(['VolumeLost', 'ClaimInUse', 'PodLost']);
