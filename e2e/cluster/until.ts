import { setTimeout as sleep } from 'node:timers/promises';
import { seconds } from './say.ts';

export interface UntilOptions {
  /** What is waited for, for the message. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

const EVERY_MS = 50;

/**
 * Looks again and again until there is something to see, and gives it. A look that throws has seen nothing yet.
 * @throws Error that says what was waited for, for how long, and how the last look failed
 */
export async function until<T>(
  options: UntilOptions,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      last = undefined;
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(`${options.what}: not within ${seconds(options.timeoutMs)}`, { cause: last });
    }
    await sleep(options.everyMs ?? EVERY_MS);
  }
}
