import { asStowageError, StowageError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import { LEASES, type Lease, type LeaseSpec } from './builtin.ts';
import { SYSTEM_CLOCK, within, type Clock } from './clock.ts';
import { isAlreadyExists, isConflict, isNotFound } from './kube-error.ts';
import {
  heldBy,
  holderOf,
  LEASE_TIMES,
  mayTake,
  observe,
  released,
  type LeaseTimes,
  type Observation,
} from './lease-record.ts';
import type { ObjectKey } from './object.ts';

export interface CandidateOptions {
  /** Should have a rate limit of its own: a renewal that waits behind other requests is leadership lost. */
  readonly api: Pick<ApiClient, 'get' | 'create' | 'update'>;
  readonly lease: Required<ObjectKey>;
  /** Must be another one for each process: two of the same would take themselves for the same leader. */
  readonly identity: string;
  readonly times?: LeaseTimes;
  /** Called when a leader is seen that was not the leader before; it may be ourselves. */
  readonly onLeader?: (identity: string) => void;
  /** Called with what went wrong before it is tried again. */
  readonly onTrouble?: (error: StowageError) => void;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** One process that wants to lead, or does. */
export class Candidate {
  readonly clock: Clock;
  readonly #options: CandidateOptions;
  readonly #times: LeaseTimes;
  #seen: Observation | undefined;
  #leader: string | undefined;
  /** When the last renewal that succeeded was sent: others count from when they see it, which is later. */
  #renewedAt = -Infinity;

  constructor(options: CandidateOptions) {
    this.#options = options;
    this.#times = options.times ?? LEASE_TIMES;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    if (
      this.#times.renewDeadline >= this.#times.duration ||
      this.#times.retryPeriod >= this.#times.renewDeadline
    )
      throw new StowageError(
        'Internal',
        'the times of an election must be retryPeriod < renewDeadline < duration',
      );
  }

  /** Milliseconds until somebody who does not lead should try; a little different each time, as others try as well. */
  get patience(): number {
    return this.#times.retryPeriod * (1 + (this.#options.random ?? Math.random)() / 2);
  }

  /** Milliseconds until a leader should renew. */
  get untilRenewal(): number {
    return Math.max(0, Math.min(this.#times.retryPeriod, this.#deadline - this.clock.monotonic()));
  }

  /** Whether who has led must stop now: somebody else leads, or may come to. */
  hasLost(): boolean {
    const holder = this.#seen === undefined ? undefined : holderOf(this.#seen.spec);
    const replaced = holder !== undefined && holder !== this.#options.identity;
    return replaced || this.clock.monotonic() >= this.#deadline;
  }

  get #deadline(): number {
    return this.#renewedAt + this.#times.renewDeadline;
  }

  /** Tries once to become or to stay the leader. Never rejects. @returns whether we lead. */
  async run(): Promise<boolean> {
    const start = this.clock.monotonic();
    try {
      if (!(await this.#within((signal) => this.#takeOrRenew(signal)))) return false;
      this.#renewedAt = start;
      return true;
    } catch (error) {
      this.#trouble(error);
      return false;
    }
  }

  /** Gives leadership back. Never rejects: when it fails, the lease expires by itself. */
  async release(): Promise<void> {
    try {
      await this.#within((signal) => this.#release(signal));
    } catch (error) {
      this.#trouble(error);
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<boolean> {
    // Who leads knows what is there, as a rule, and can leave out reading it.
    if (this.#isOurs() && (await this.#write((before) => this.#held(before), signal))) return true;
    if (!(await this.#look(signal))) return this.#create(signal);
    if (
      this.#seen === undefined ||
      !mayTake(this.#seen, this.#options.identity, this.clock.monotonic(), this.#times)
    )
      return false;
    return this.#write((before) => this.#held(before), signal);
  }

  async #release(signal: AbortSignal): Promise<void> {
    const free = (before: LeaseSpec): LeaseSpec => released(before, this.clock.date());
    // A renewal of our own that was under way may have changed it; somebody else's hold is none of ours.
    while (this.#isOurs() && !(await this.#write(free, signal))) if (!(await this.#look(signal))) return;
  }

  #isOurs(): boolean {
    return this.#seen !== undefined && holderOf(this.#seen.spec) === this.#options.identity;
  }

  #held(before: LeaseSpec | undefined): LeaseSpec {
    return heldBy(this.#options.identity, before, this.clock.date(), this.#times);
  }

  /** Reads the lease. @returns whether there is one. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const { api, lease } = this.#options;
    try {
      this.#note(await api.get(LEASES, lease, { signal }));
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#seen = undefined;
      return false;
    }
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { api, lease } = this.#options;
    try {
      this.#note(await api.create(LEASES, { metadata: lease, spec: this.#held(undefined) }, { signal }));
      return true;
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    }
  }

  /** @returns whether nobody else had written since. */
  async #write(change: (before: LeaseSpec) => LeaseSpec, signal: AbortSignal): Promise<boolean> {
    const { api, lease } = this.#options;
    const { spec, resourceVersion } = this.#seen ?? { spec: {}, resourceVersion: '' };
    try {
      const metadata = { ...lease, resourceVersion };
      this.#note(await api.update(LEASES, { metadata, spec: change(spec) }, { signal }));
      return true;
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false;
      throw error;
    }
  }

  #note(lease: Lease): void {
    this.#seen = observe(this.#seen, lease, this.clock.monotonic());
    const holder = holderOf(this.#seen.spec);
    if (holder !== undefined && holder !== this.#leader) this.#options.onLeader?.(holder);
    this.#leader = holder;
  }

  /** For half of the deadline, so that one request that hangs leaves time for another; a leader never beyond it. */
  #within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const left = this.#deadline - this.clock.monotonic();
    const milliseconds = Math.min(this.#times.renewDeadline / 2, left > 0 ? left : Infinity);
    const { namespace, name } = this.#options.lease;
    const expired = (): StowageError =>
      new StowageError('Timeout', `the lease ${namespace}/${name} took more than ${milliseconds / 1000} s`);
    return within({ clock: this.clock, milliseconds, expired }, undefined, work);
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble?.(asStowageError(error));
  }
}
