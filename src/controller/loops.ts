import { sleep, SYSTEM_CLOCK } from '../kube/clock.ts';
import type { Reconcile } from '../kube/workers.ts';

/** Tells how long each reconcile took, in seconds, and whether it threw. */
export function timed(reconcile: Reconcile, report: (seconds: number, failed: boolean) => void): Reconcile {
  return async (key) => {
    const start = performance.now();
    let failed = true;
    try {
      const requeue = await reconcile(key);
      failed = false;
      return requeue;
    } finally {
      report((performance.now() - start) / 1000, failed);
    }
  };
}

/** Does work again and again until told to stop. */
export async function repeat(
  milliseconds: number,
  stop: AbortSignal,
  work: () => void | Promise<void>,
  first?: 'now',
): Promise<void> {
  const stopped = (): boolean => stop.aborted; // Asked anew each time: it changes while we wait.
  if (first === 'now') await work();
  while (!stopped()) {
    await sleep(SYSTEM_CLOCK, milliseconds, stop).catch(() => undefined);
    if (!stopped()) await work();
  }
}
