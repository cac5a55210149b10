/**
 * Decides between reading synchronously and reading ahead.
 *
 * A synchronous read costs no thread hop, which wins while the storage answers from memory; on slow storage it would
 * stop every other stream, and reading ahead wins (measured: 1.12 × of raw uploads against 1.3 × on a warm source,
 * and twice as fast over NFS). One object serves all streams of a source: they share its storage.
 */

/** Slower than this, on average, is not memory: 400 MB/s. */
const SLOW_NS_PER_BYTE = 2.5;
/** Faster than this is memory again: 800 MB/s. Between the two the present way is kept, so that it does not flap. */
const FAST_NS_PER_BYTE = 1.25;
/** Weight of the newest reading in the running average: about the last eight count. */
const WEIGHT = 1 / 8;
/** A shorter read is judged as if it were this long: from memory a system call is not slow, from a network it is. */
const MIN_BYTES = 64 * 1024;
/**
 * While reading ahead, one read in this many is synchronous: only that one measures the storage. It waits behind our own
 * queue, which runs empty meanwhile, so it is seldom.
 */
const PROBE_EVERY = 512;

export class ReadPace {
  #average = 0;
  #slow = false;
  #reads = 0;

  /** Whether to keep reads in flight ahead of the consumer. */
  get readAhead(): boolean {
    return this.#slow;
  }

  /** Whether the next read is to be synchronous. */
  nextIsSynchronous(): boolean {
    this.#reads += 1;
    return !this.#slow || this.#reads % PROBE_EVERY === 0;
  }

  /** Takes note of a synchronous read. */
  measured(bytes: number, nanoseconds: number): void {
    const perByte = nanoseconds / Math.max(bytes, MIN_BYTES);
    this.#average = this.#slow ? perByte : this.#average + (perByte - this.#average) * WEIGHT;
    if (this.#average > SLOW_NS_PER_BYTE) this.#slow = true;
    else if (this.#average < FAST_NS_PER_BYTE) this.#slow = false;
  }
}
