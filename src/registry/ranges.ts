import { asStowageError, StowageError } from '../errors.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { NoRanges } from '../oci/no-ranges.ts';
import { discard, type Answer } from './answer.ts';
import type { Repository } from './repository.ts';
import { unreachable } from './unreachable.ts';

/** Bytes of a blob: `length` from byte `from` on. */
export interface Range {
  readonly from: number;
  readonly length: number;
}

type Body = AsyncIterator<Uint8Array, undefined>;

/**
 * A part of a blob (distribution-spec, "Pulling blobs"), not checked against its digest. When the connection breaks or
 * stalls it goes on from the byte that is missing, as often as bytes have come in between.
 *
 * A server that does not know ranges answers with the whole blob (RFC 9110 section 14.2): that serves where the range
 * begins with the blob, at the price of what comes twice after a break.
 * @throws NoRanges, RegistryNotFound, RegistryCorrupt, and what `Http.send` throws.
 */
export async function* readRange(
  repository: Repository,
  blob: Descriptor,
  range: Range,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  const reading = new RangeReading(repository, blob, range, signal);
  try {
    for (;;) {
      const chunk = await repository.retrying(signal, () => reading.next());
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    await reading.close();
  }
}

class RangeReading {
  readonly #repository: Repository;
  readonly #blob: Descriptor;
  readonly #range: Range;
  readonly #signal: AbortSignal;
  #position: number;
  /** Bytes of the body that come before what is wanted. */
  #skip = 0;
  #body: Body | undefined;
  #url: URL;

  constructor(repository: Repository, blob: Descriptor, range: Range, signal: AbortSignal) {
    this.#repository = repository;
    this.#blob = blob;
    this.#range = range;
    this.#signal = signal;
    this.#position = range.from;
    this.#url = repository.url(`blobs/${blob.digest}`);
  }

  /** The next bytes; undefined at the end. After an error it can be called again. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const left = this.#range.from + this.#range.length - this.#position;
      if (left === 0) return undefined;
      this.#body ??= await this.#open();
      const chunk = this.#wanted(await this.#read(this.#body)).subarray(0, left);
      this.#position += chunk.length;
      if (chunk.length > 0) return chunk;
    }
  }

  async close(): Promise<void> {
    await this.#body?.return?.();
  }

  #wanted(chunk: Uint8Array): Uint8Array {
    const wanted = chunk.subarray(this.#skip);
    this.#skip -= chunk.length - wanted.length;
    return wanted;
  }

  async #read(body: Body): Promise<Uint8Array> {
    try {
      const { value, done } = await body.next();
      if (done !== true) return value;
    } catch (error) {
      this.#body = undefined;
      throw this.#signal.aborted ? asStowageError(this.#signal.reason) : unreachable(error, this.#url);
    }
    this.#body = undefined;
    throw new StowageError('RegistryUnreachable', `${this.#url.host} ended its answer too early`, {
      retryable: true,
    });
  }

  async #open(): Promise<Body> {
    const answer = await this.#repository.send({
      method: 'GET',
      url: this.#repository.url(`blobs/${this.#blob.digest}`),
      headers: { range: `bytes=${this.#position}-${this.#range.from + this.#range.length - 1}` },
      signal: this.#signal,
    });
    this.#url = answer.url;
    await this.#check(answer);
    return (answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]() as Body;
  }

  async #check(answer: Answer): Promise<void> {
    const { name } = this.#repository;
    this.#skip = 0;
    if (answer.status === 206 && this.#begins(answer)) return;
    if (answer.status === 200 && this.#range.from === 0) {
      this.#skip = this.#position;
      return;
    }
    if ([200, 206, 416].includes(answer.status)) {
      await discard(answer);
      throw answer.status === 200 ? new NoRanges(name) : this.#otherRange(answer);
    }
    throw await this.#repository.refusal(answer, `give ${this.#blob.digest} of ${name}`);
  }

  /** Whether the answer begins where it was asked to, in a blob of this size. It may end earlier: then one asks again. */
  #begins(answer: Answer): boolean {
    const found = /^bytes (\d{1,16})-\d{1,16}\/(\d{1,16}|\*)$/.exec(answer.header('content-range') ?? '');
    if (found === null || Number(found[1]) !== this.#position) return false;
    return found[2] === '*' || Number(found[2]) === this.#blob.size;
  }

  #otherRange(answer: Answer): StowageError {
    const said = (answer.header('content-range') ?? 'no Content-Range').slice(0, 80);
    return new StowageError(
      'RegistryCorrupt',
      `${this.#repository.name} does not give byte ${this.#position} of the ${this.#blob.size} of ${this.#blob.digest}: it answers ${JSON.stringify(said)}`,
    );
  }
}
