import { setTimeout as delay } from 'node:timers/promises';

/** Looks until it is so; a test that waits for what never comes fails with `what`. */
export async function until(
  what: string,
  look: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await delay(5);
  }
}
