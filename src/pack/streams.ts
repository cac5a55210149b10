/**
 * How many bytes of blobs may be under way: few at first, more while that brings more through, fewer when the registry has
 * trouble. Pure; see SendRoom for who asks, and ADR 17 for why.
 */
export interface Streams {
  /** Bytes under way at most, each blob counted by what it takes. */
  readonly budget: number;
  /** Bytes per second of the best window so far. */
  readonly best: number;
  /** Nothing is raised before this time, in milliseconds. */
  readonly quietUntil: number;
}

/** What is sent in less time says little of what a network can do; longer, and a small model is over before it has begun. Milliseconds. */
export const WINDOW_MS = 150;

/** So many bytes of a blob fill a stream: with fewer it is the way there and back that takes the time. */
export const FULL_BYTES = 16 * 1024 ** 2;
/** However small a blob is, a request is a request. */
const LEAST_BYTES = FULL_BYTES / 4;

const FIRST = 2 * FULL_BYTES;
/** One thread reads, hashes and sends: with more than this it is what everybody waits for, and each takes memory. */
const MOST = 6 * FULL_BYTES;
const STEP = 2 * FULL_BYTES;
/** Less is chance. */
const BETTER = 1.1;
/** After trouble a registry gets so long to come round. Milliseconds. */
const QUIET_MS = 10_000;

export const AT_FIRST: Streams = { budget: FIRST, best: 0, quietUntil: 0 };

/**
 * A window is over in which as much was under way as may be.
 * @param rate bytes per second in it
 * @param now milliseconds
 */
export function afterWindow(streams: Streams, rate: number, now: number): Streams {
  const best = Math.max(streams.best, rate);
  // A step that brings nothing is the last one, until there was trouble and there is a new beginning.
  const more = rate > streams.best * BETTER && now >= streams.quietUntil;
  return { ...streams, best, budget: more ? Math.min(MOST, streams.budget + STEP) : streams.budget };
}

/** The registry said that it is too much, or a connection broke. @param now milliseconds */
export function afterTrouble(streams: Streams, now: number): Streams {
  // Several blobs meet the same trouble: that is one.
  if (now < streams.quietUntil - QUIET_MS / 2) return streams;
  return { budget: Math.max(FULL_BYTES, streams.budget / 2), best: 0, quietUntil: now + QUIET_MS };
}

/** What a blob takes of the budget, in bytes: four times as many small ones may be under way as large ones. */
export function takes(bytes: number): number {
  return Math.min(FULL_BYTES, Math.max(LEAST_BYTES, bytes));
}
