/** What a system call takes from a socket at most: with more there are fewer calls, but the processor's cache is too small. */
const BUFFER_BYTES = 256 * 1024;

/** TLS gives what it has decrypted to its end, also to one who has said that it is enough: some 64 KiB. */
const SPARE_BYTES = 96 * 1024;

/**
 * Three buffers that a socket writes into: of one the bytes are being read, in one they wait, one is being filled.
 * Nothing is allocated for what comes, and nothing is copied.
 */
export class Inbox {
  readonly #buffers = Array.from({ length: 3 }, () => Buffer.allocUnsafeSlow(BUFFER_BYTES));
  #filling = 0;
  /** What lies in the buffer that is being filled, and was not taken yet. */
  #start = 0;
  #end = 0;
  /** What waits in the buffer before. */
  #waiting: Buffer | undefined;

  /** Where the next bytes are to be written. */
  get room(): Buffer {
    return this.#buffer.subarray(this.#end);
  }

  /** Whether so much lies here that whoever writes has to wait. */
  get isFull(): boolean {
    return this.#waiting !== undefined;
  }

  get isEmpty(): boolean {
    return this.#waiting === undefined && this.#start === this.#end;
  }

  /** So many bytes were written into `room`. @throws RangeError where somebody did not wait */
  filled(bytes: number): void {
    this.#end += bytes;
    if (BUFFER_BYTES - this.#end >= SPARE_BYTES) return;
    if (this.#waiting !== undefined) throw new RangeError('more came than there is room for');
    this.#waiting = this.#buffer.subarray(this.#start, this.#end);
    this.#filling = (this.#filling + 1) % this.#buffers.length;
    this.#start = this.#end = 0;
  }

  /** The next bytes, as many as lie together. They are good until the next are taken. */
  take(): Buffer {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) return waiting;
    const taken = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }

  get #buffer(): Buffer {
    const buffer = this.#buffers[this.#filling];
    if (buffer === undefined) throw new RangeError(`there is no buffer ${this.#filling}`);
    return buffer;
  }
}
