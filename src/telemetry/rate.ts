/**
 * A moving average reaches back about this far. Shorter, and the figure jumps with every buffer of a slow link;
 * longer, and it still speaks of a network that is gone.
 */
const TIME_CONSTANT_MS = 5_000;

/** Before this, a rate says more about the moment that was picked than about the link. */
const WARM_UP_MS = 500;

/** An estimate beyond this is no estimate: the work stands still. */
const LONGEST_ESTIMATE_S = 100 * 24 * 3600;

/**
 * Bytes per second as an exponentially weighted moving average over uneven moments: each amount counts with the weight
 * e^(-age/τ). The sum is divided by the weight of the time that has passed at all, so that a steady rate is shown right
 * from the start instead of creeping up to it. Times are milliseconds of any clock that only goes forward.
 */
export class RateMeter {
  readonly #started: number;
  #counted: number;
  #weighted = 0;

  constructor(started: number) {
    this.#started = started;
    this.#counted = started;
  }

  add(bytes: number, now: number): void {
    this.#weighted = this.#faded(now) + bytes;
    this.#counted = now;
  }

  /** undefined in the first half second. */
  perSecond(now: number): number | undefined {
    const passed = now - this.#started;
    if (passed < WARM_UP_MS) return undefined;
    const weightOfTime = TIME_CONSTANT_MS * (1 - Math.exp(-passed / TIME_CONSTANT_MS));
    return (this.#faded(now) / weightOfTime) * 1000;
  }

  #faded(now: number): number {
    return this.#weighted * Math.exp(-(now - this.#counted) / TIME_CONSTANT_MS);
  }
}

/** How long the rest takes at this rate, in whole seconds; undefined where nobody can say. */
export function secondsLeft(bytes: number, perSecond: number | undefined): number | undefined {
  if (bytes <= 0) return 0;
  if (perSecond === undefined || perSecond <= 0) return undefined;
  const seconds = Math.ceil(bytes / perSecond);
  return seconds > LONGEST_ESTIMATE_S ? undefined : seconds;
}
