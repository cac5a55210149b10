/** Fewer bytes are no progress: a registry that takes a little of each try would be tried for ever. */
const PROGRESS_BYTES = 1024 * 1024;

/** How many bytes of a blob are at the registry, as far as is known here, over all its uploads. */
export class UploadTally {
  readonly #onBytes: ((bytes: number) => void) | undefined;
  #told = 0;
  /** The most that a registry has confirmed. */
  #furthest = 0;
  #progressed = false;

  /** @param onBytes see WriteOptions */
  constructor(onBytes: ((bytes: number) => void) | undefined) {
    this.#onBytes = onBytes;
  }

  /** Bytes that were told of as done. */
  get told(): number {
    return this.#told;
  }

  /** Takes note of bytes that were handed over. */
  handedOver(bytes: number): void {
    this.#told += bytes;
    this.#onBytes?.(bytes);
  }

  /** The first so many bytes are done, and no others. */
  tell(done: number): void {
    if (done !== this.#told) this.#onBytes?.(done - this.#told);
    this.#told = done;
  }

  /** The registry has so many bytes. @returns whether it has much more than ever before */
  confirm(offset: number): boolean {
    this.tell(offset);
    if (offset < this.#furthest + PROGRESS_BYTES) return false;
    this.#furthest = offset;
    this.#progressed = true;
    return true;
  }

  /** Whether so much more was confirmed since this was asked last that trying is worth while. */
  progressed(): boolean {
    const progressed = this.#progressed;
    this.#progressed = false;
    return progressed;
  }
}
