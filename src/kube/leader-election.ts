import { asStowageError, StowageError } from '../errors.ts';
import { Candidate, type CandidateOptions } from './candidate.ts';
import { sleep } from './clock.ts';

/**
 * Does work while this process is the leader: waits until it is, works, and gives leadership back when the work has
 * ended, so that the next one need not wait for the lease to expire.
 * @param work must end soon after its signal is aborted, which it is when leadership is lost: another process may act
 * from then on. It must also end when `stop` is aborted; until it has, leadership is kept.
 * @returns "stopped" after the work has ended by itself, or when it never began; "lost" when leadership was lost: most
 * programs best exit then and begin anew.
 * @throws what the work throws, unless leadership was lost.
 */
export async function leadWhile(
  options: CandidateOptions,
  work: (leading: AbortSignal) => Promise<void>,
  stop: AbortSignal,
): Promise<'stopped' | 'lost'> {
  const candidate = new Candidate(options);
  while (!(await candidate.run())) {
    if (!(await pause(candidate.patience, candidate, stop))) return 'stopped';
  }
  if (stop.aborted) {
    await candidate.release();
    return 'stopped';
  }
  return lead(candidate, work);
}

async function lead(
  candidate: Candidate,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<'stopped' | 'lost'> {
  const leading = new AbortController();
  const ended = new AbortController();
  const renewing = keepLeading(candidate, leading, ended.signal);
  try {
    await work(leading.signal);
  } catch (error) {
    if (!leading.signal.aborted) throw error;
  } finally {
    ended.abort();
    await renewing;
    if (!leading.signal.aborted) await candidate.release();
  }
  return leading.signal.aborted ? 'lost' : 'stopped';
}

/** Renews until the work has ended, or aborts `leading`. Never rejects. */
async function keepLeading(
  candidate: Candidate,
  leading: AbortController,
  ended: AbortSignal,
): Promise<void> {
  while (await pause(candidate.untilRenewal, candidate, ended)) {
    // After a long pause of the whole process it may be too late to even ask.
    if (!candidate.hasLost() && ((await candidate.run()) || !candidate.hasLost())) continue;
    leading.abort(new StowageError('Cancelled', 'another process may lead now', { retryable: true }));
    return;
  }
}

/** @returns whether the time has passed; else the signal was aborted. */
async function pause(milliseconds: number, { clock }: Candidate, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(clock, milliseconds, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw asStowageError(error);
  }
}
