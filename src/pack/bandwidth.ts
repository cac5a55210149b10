import { setTimeout as delay } from 'node:timers/promises';
import type { Throttle } from '../oci/target.ts';

/** How much may go at once after a pause: what a tenth of a second has room for. */
const BURST_SECONDS = 0.1;

/** Smaller pieces are more work than bytes; at 1 kB/s, the lowest rate there is, eight streams wait half a minute for one. */
const MIN_PIECE_BYTES = 4 * 1024;

/** The time, and how it passes. Milliseconds. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const REAL: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};

/**
 * Lets through so many bytes a second, of all who ask together. Over any time no more goes than that rate has room for,
 * but for the burst and the chunk that was let through last.
 */
export class Bandwidth implements Throttle {
  /** What a burst has room for: several streams wait for one another's pieces, and a server closes what is silent. */
  readonly most: number;
  readonly #rate: number;
  readonly #clock: Clock;
  /** When all that was let through has had its time. */
  #free = -Infinity;

  /** @param bytesPerSecond above 0 */
  constructor(bytesPerSecond: number, clock: Clock = REAL) {
    this.#rate = bytesPerSecond / 1000;
    this.#clock = clock;
    this.most = Math.max(MIN_PIECE_BYTES, Math.floor(bytesPerSecond * BURST_SECONDS));
  }

  /** Waits until so many bytes may go. @throws what the signal was aborted with */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const start = Math.max(this.#free, now - BURST_SECONDS * 1000);
    this.#free = start + bytes / this.#rate;
    if (start <= now) return;
    await this.#clock.sleep(start - now, signal).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  }
}
