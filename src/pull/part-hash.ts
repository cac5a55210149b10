import type { HashThread } from './hash-thread.ts';

/** What is hashed in one go: after so many bytes an interruption is noticed. */
const GO_BYTES = 64 * 1024 ** 2;

let hashes = 0;

/** For less the thread is not called while more is to come. */
const WORTH_BYTES = 1024 ** 2;

/** The hash over a file that grows. */
export class PartHash {
  readonly #thread: HashThread;
  readonly #number = hashes++;
  readonly #file: number;
  readonly #signal: AbortSignal;
  /** Bytes of the file that are hashed. */
  #front = 0;
  #running: Promise<void> | undefined;

  /** @param before what comes in front of the file */
  constructor(thread: HashThread, file: number, before: readonly Uint8Array[], signal: AbortSignal) {
    this.#thread = thread;
    this.#file = file;
    this.#signal = signal;
    this.#running = this.#run(() => 0, before);
  }

  /** Goes on to where the file has no gap yet. Can be called at any time, and costs nothing where it is at work. */
  follow(endFrom: (position: number) => number): void {
    if (this.#running === undefined && endFrom(this.#front) >= this.#front + WORTH_BYTES)
      this.#running = this.#run(endFrom);
  }

  /** The digest over the first `length` bytes with what comes before and after; they must be there. */
  async digest(length: number, after: readonly Uint8Array[]): Promise<string> {
    await this.#running;
    await this.#run(() => length, after);
    const digest = await this.#thread.ask({ hash: this.#number, digest: true });
    if (this.#front !== length || digest === undefined) throw new Error('the file was not whole');
    return digest;
  }

  /** Waits until nobody reads the file any more. */
  async stop(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  #run(endFrom: (position: number) => number, more: readonly Uint8Array[] = []): Promise<void> {
    const running = this.#advance(endFrom, more).finally(() => (this.#running = undefined));
    // Whoever asks for the digest sees the error.
    running.catch(() => undefined);
    return running;
  }

  async #advance(endFrom: (position: number) => number, more: readonly Uint8Array[]): Promise<void> {
    for (let end = endFrom(this.#front); end > this.#front; end = endFrom(this.#front)) {
      this.#signal.throwIfAborted();
      const to = Math.min(end, this.#front + GO_BYTES);
      await this.#thread.ask({ hash: this.#number, file: this.#file, from: this.#front, to });
      this.#front = to;
    }
    if (more.length > 0) await this.#thread.ask({ hash: this.#number, bytes: more });
  }
}
