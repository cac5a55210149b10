import { begun, givenUp, refused, retrying } from '../builders/cluster-status.ts';
import type { StowageError } from '../errors.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { acknowledged, generationOf, newRequest, tagOf } from './stage.ts';

/**
 * An attempt failed: another follows where that can help, later each time, at the earliest when the other side said so.
 * The delay is kept in the status, so it outlives the controller.
 */
export function attemptFailed({ version }: Observed, error: StowageError, setting: Setting): Decision {
  const { now, settings } = setting;
  const at = { now, generation: generationOf(version) };
  const failures = (version.status?.failures ?? 0) + 1;
  const status = acknowledged({ ...version.status, failures }, version);
  const { attempts } = settings.retries;
  if (!error.retryable || failures >= attempts)
    return { actions: [], status: givenUp(status, error, at), leave: true };
  const delay = Math.max(delayOf(failures, settings.retries), error.retryAfter ?? 0);
  const retry = { at: new Date(now.getTime() + delay), attempts };
  return { actions: [], status: retrying(status, error, retry, at), leave: true, wait: delay };
}

/** It may not be built as things are. It is no attempt that failed, and begins when they have changed. */
export function refusal({ version }: Observed, error: StowageError, { now }: Setting): Decision {
  const at = { now, generation: generationOf(version) };
  return { actions: [], status: refused(version.status ?? {}, error, at), leave: true };
}

/** It failed before anything could be made for it. */
export function failedAtOnce(seen: Observed, error: StowageError, setting: Setting): Decision {
  return attemptFailed({ ...seen, version: withAttempt(seen, setting) }, error, setting);
}

/** The version with a new attempt in its status. */
export function withAttempt({ version }: Observed, { now, settings }: Setting): Observed['version'] {
  const at = { now, generation: generationOf(version) };
  const { failures = 0, ...before } = version.status ?? {};
  const what = { tag: tagOf(version), builder: version.spec.builder ?? settings.builder.use };
  const status = begun(before, what, at);
  // Who asks again starts from the first delay.
  const again = newRequest(version, 'retry') !== undefined;
  return { ...version, status: acknowledged({ ...status, failures: again ? 0 : failures }, version) };
}

/** Milliseconds. */
function delayOf(
  failures: number,
  { firstDelay, maxDelay }: { readonly firstDelay: number; readonly maxDelay: number },
): number {
  return Math.min(maxDelay, firstDelay * 2 ** (failures - 1)) * 1000;
}
