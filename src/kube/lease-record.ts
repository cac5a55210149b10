import { microTime, type Lease, type LeaseSpec } from './builtin.ts';

/**
 * The rules of an election by Lease, as all Kubernetes components keep them
 * (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection). Clocks of different machines are never compared: what
 * counts is how long we ourselves have seen a record stay as it is.
 */

/** Milliseconds. */
export interface LeaseTimes {
  /** A candidate takes over once it has seen the record stay unchanged for this long. */
  readonly duration: number;
  /** A leader that could not renew for this long stops leading. Shorter than `duration`, or there would be two. */
  readonly renewDeadline: number;
  /** Between two tries. */
  readonly retryPeriod: number;
}

/** As Kubernetes' own components: an API server may be away for some seconds without a change of leader. */
export const LEASE_TIMES: LeaseTimes = { duration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };

/** A lease as we have seen it. */
export interface Observation {
  readonly spec: LeaseSpec;
  readonly resourceVersion: string;
  /** Since when we have seen it so, on our own monotonic clock. */
  readonly since: number;
}

/** Takes note of a lease: what was seen before lasts on when nothing but metadata has changed. */
export function observe(before: Observation | undefined, lease: Lease, now: number): Observation {
  const spec = lease.spec ?? {};
  const same = before !== undefined && recordOf(before.spec) === recordOf(spec);
  return { spec, resourceVersion: lease.metadata.resourceVersion, since: same ? before.since : now };
}

function recordOf(spec: LeaseSpec): string {
  const { acquireTime, renewTime, leaseDurationSeconds, leaseTransitions } = spec;
  return JSON.stringify([holderOf(spec), acquireTime, renewTime, leaseDurationSeconds, leaseTransitions]);
}

/** Who holds it; undefined: nobody. */
export function holderOf({ holderIdentity }: LeaseSpec): string | undefined {
  return holderIdentity === null || holderIdentity === '' ? undefined : holderIdentity;
}

/** Whether we may write ourselves in: it is ours, or nobody's, or its holder has been silent for as long as it said. */
export function mayTake(
  { spec, since }: Observation,
  identity: string,
  now: number,
  times: LeaseTimes,
): boolean {
  const holder = holderOf(spec);
  if (holder === undefined || holder === identity) return true;
  const seconds = spec.leaseDurationSeconds ?? 0;
  return now >= since + (seconds > 0 ? seconds * 1000 : times.duration);
}

/** The record that says that we lead. */
export function heldBy(
  identity: string,
  before: LeaseSpec | undefined,
  date: Date,
  times: LeaseTimes,
): LeaseSpec {
  const now = microTime(date);
  const ours = before !== undefined && holderOf(before) === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(times.duration / 1000),
    acquireTime: ours ? (before.acquireTime ?? now) : now,
    renewTime: now,
    leaseTransitions: before === undefined ? 0 : (before.leaseTransitions ?? 0) + (ours ? 0 : 1),
  };
}

/** The record that says that nobody leads: who sees it need not wait. */
export function released(before: LeaseSpec, date: Date): LeaseSpec {
  const now = microTime(date);
  const leaseTransitions = before.leaseTransitions ?? 0;
  return { leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
}
