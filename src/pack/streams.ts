/**
 * How many blobs are sent at a time: few at first, more while that brings more through, fewer when the registry has
 * trouble. Pure; see SendRoom for who asks.
 */
export interface Streams {
  /** Blobs at a time, where they are large. */
  readonly limit: number;
  /** Bytes per second of the best window so far. */
  readonly best: number;
  /** Nothing is raised before this time, in milliseconds. */
  readonly quietUntil: number;
}

/** What is sent in less time says little of what a network can do; longer, and a small model is over before it has begun. Milliseconds. */
export const WINDOW_MS = 150;

const FIRST = 2;
/** One thread reads, hashes and sends: with more than this it is what everybody waits for. */
const MOST = 8;
const STEP = 2;
/** Less is chance. */
const BETTER = 1.1;
/** After trouble a registry gets so long to come round. Milliseconds. */
const QUIET_MS = 10_000;

export const AT_FIRST: Streams = { limit: FIRST, best: 0, quietUntil: 0 };

/**
 * A window is over in which as many blobs were under way as may be.
 * @param rate bytes per second in it
 * @param now milliseconds
 */
export function afterWindow(streams: Streams, rate: number, now: number): Streams {
  const best = Math.max(streams.best, rate);
  // A step that brings nothing is the last one, until there was trouble and there is a new beginning.
  const more = rate > streams.best * BETTER && now >= streams.quietUntil;
  return { ...streams, best, limit: more ? Math.min(MOST, streams.limit + STEP) : streams.limit };
}

/** The registry said that it is too much, or a connection broke. @param now milliseconds */
export function afterTrouble(streams: Streams, now: number): Streams {
  // Several blobs meet the same trouble: that is one.
  if (now < streams.quietUntil - QUIET_MS / 2) return streams;
  const limit = Math.max(1, Math.floor(streams.limit / 2));
  return { limit, best: 0, quietUntil: now + QUIET_MS };
}

/** So many bytes of a blob fill a stream: with fewer it is the way there and back that takes the time. */
const FULL_BYTES = 16 * 1024 ** 2;
/** However small a blob is, a request is a request. */
const LEAST = 1 / 4;

/** How much of a stream a blob takes, from a quarter to all of it: four times as many small ones may be under way. */
export function weightOf(bytes: number): number {
  return Math.min(1, Math.max(LEAST, bytes / FULL_BYTES));
}
