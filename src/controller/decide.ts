import { givenUp, suspended } from '../builders/cluster-status.ts';
import { StowageError } from '../errors.ts';
import { advance } from './advance.ts';
import { begin } from './begin.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { acknowledged, generationOf, isBuilt, isFinished, isInProgress, newRequest } from './stage.ts';
import { tidy } from './tidy.ts';

/**
 * What to do next for a version, derived from what is there: whatever happened before, and whichever of our writes was
 * the last to be done, the next step is found anew. Pure.
 */
export function decide(seen: Observed, setting: Setting): Decision {
  const { version } = seen;
  if (version.metadata.deletionTimestamp !== undefined) return { leave: true, ...tidy(seen, setting) };
  const cancel = newRequest(version, 'cancel');
  if (cancel !== undefined) return cancelled(seen, cancel, setting);
  if (isFinished(version) && (isBuilt(version) || newRequest(version, 'retry') === undefined))
    return finished(seen, setting);
  // Objects that KubeDL's CRD let in may have no spec.
  const { suspend } = (version.spec as Partial<typeof version.spec> | undefined) ?? {};
  if (suspend === true) return held(seen, setting);
  return isInProgress(version) ? advance(seen, setting) : begin(seen, setting);
}

/**
 * Its outcome stays. What is new is only that a later generation of the spec was seen (suspend alone can differ), and a
 * request to try again: where the image is there, there is nothing to try.
 */
function finished(seen: Observed, setting: Setting): Decision {
  const { version } = seen;
  const rest = tidy(seen, setting);
  if ('look' in rest) return rest;
  const { observedGeneration } = version.status ?? {};
  // What KubeDL has finished says nothing of generations, and stays as it is.
  const seenAt = observedGeneration === undefined ? {} : { observedGeneration: generationOf(version) };
  const status = acknowledged({ ...version.status, ...seenAt }, version);
  return { ...rest, status, leave: true };
}

/** What is finished stays as it is; the request is only ticked off. */
function cancelled({ version }: Observed, token: string, { now }: Setting): Decision {
  const at = { now, generation: generationOf(version) };
  const error = new StowageError('Cancelled', 'the build was cancelled', {
    hint: 'The annotation model.kubedl.io/retry with a new value starts it again.',
  });
  const status = isFinished(version) ? version.status : givenUp(version.status ?? {}, error, at);
  // Whoever cancels does not want what was asked for before.
  return { actions: [], status: acknowledged({ ...status, lastHandledCancel: token }, version), leave: true };
}

function held(seen: Observed, setting: Setting): Decision {
  const { version } = seen;
  const at = { now: setting.now, generation: generationOf(version) };
  const rest = tidy(seen, setting);
  if ('look' in rest) return rest;
  return { ...rest, status: acknowledged(suspended(version.status ?? {}, at), version), leave: true };
}
