import { StowageError } from '../errors.ts';
import { SYSTEM_CLOCK, within } from '../kube/clock.ts';
import { formatDuration } from './terminal/format.ts';

/** Does something under a signal that is aborted with Timeout after so many seconds; undefined: never. */
export async function limited<T>(
  seconds: number | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (seconds === undefined) return work(signal);
  const expired = (): StowageError => new StowageError('Timeout', `waited ${formatDuration(seconds)}`);
  return within({ clock: SYSTEM_CLOCK, milliseconds: seconds * 1000, expired }, signal, work);
}
