import type { Condition } from '../api/condition.ts';
import { timestampOf } from '../api/timestamp.ts';

/** When a status is derived, and from what. */
export interface Moment {
  readonly now: Date;
  /** The generation of the spec that this status speaks of. */
  readonly generation: number;
}

export type NewCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** A condition's transition time moves only when its status does (Kubernetes API conventions, "Typical status properties"). */
export function setConditions(
  before: readonly Condition[] = [],
  at: Moment,
  wanted: readonly NewCondition[],
): Condition[] {
  const set = wanted.map((condition): Condition => {
    const old = before.find(({ type }) => type === condition.type);
    const since = old?.status === condition.status ? old.lastTransitionTime : timestampOf(at.now);
    return { ...condition, lastTransitionTime: since, observedGeneration: at.generation };
  });
  const others = before.filter(({ type }) => !wanted.some((condition) => condition.type === type));
  return [...others, ...set];
}
