import type { Pod } from '../kube/core.ts';
import { withoutFinalizer } from './drafts.ts';
import type { Action, Decision, Observed, Owned, Setting } from './observed.ts';
import { overdue } from './times.ts';

/**
 * Removes all that was made for a version, then the finalizer that guards the volume. Pod, claim, volume: Kubernetes'
 * own protection lets each go only when what uses it has gone, so they are asked for together, in this order.
 */
export function tidy(seen: Observed, setting: Setting): Decision {
  const { actions, wait } = removal(seen.owned, setting);
  if (!isEmpty(seen.owned)) return { actions, wait };
  const patch = withoutFinalizer(seen.version);
  if (patch === undefined) return { actions: [] };
  // The finalizer may only go when there is no volume: a cache that lags behind is no proof of that.
  if (!seen.live) return { look: 'live' };
  return { actions: [{ do: 'patchVersion', patch }] };
}

export function isEmpty({ pods, claims, volumes }: Owned): boolean {
  return pods.length + claims.length + volumes.length === 0;
}

/** What to delete now. Milliseconds until something may have to be deleted by force. */
export function removal(
  { pods, claims, volumes }: Owned,
  setting: Setting,
): { readonly actions: readonly Action[]; readonly wait: number | undefined } {
  const waits = pods.map((pod) => untilForced(pod, setting)).filter((each) => each > 0);
  return {
    actions: [
      ...pods.flatMap((pod) => podRemoval(pod, setting)),
      ...claims
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map((object): Action => ({ do: 'deleteClaim', object })),
      ...volumes
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map((object): Action => ({ do: 'deleteVolume', object })),
    ],
    wait: waits.length === 0 ? undefined : Math.min(...waits),
  };
}

function podRemoval(object: Pod, setting: Setting): Action[] {
  if (object.metadata.deletionTimestamp === undefined) return [{ do: 'deletePod', object, force: false }];
  return untilForced(object, setting) > 0 ? [] : [{ do: 'deletePod', object, force: true }];
}

/**
 * Milliseconds. A kubelet that does not answer leaves a pod in deletion for ever, and with it its claim and volume.
 * The time of deletion has the grace period in it already.
 */
function untilForced({ metadata }: Pod, { now, settings }: Setting): number {
  return overdue(metadata.deletionTimestamp ?? now, settings.deadlines.lostNode, now);
}

/** Whether a pod in deletion should have gone long ago. */
export function isStuck(pod: Pod, setting: Setting): boolean {
  return pod.metadata.deletionTimestamp !== undefined && untilForced(pod, setting) <= 0;
}
