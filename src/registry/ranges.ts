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
 * A part of a blob (distribution-spec, "Pulling blobs"), not checked against its digest. A chunk is good until the next is
 * asked for. When the connection breaks or
 * stalls it goes on from the byte that is missing, as often as enough has come in between. An answer may have fewer bytes
 * than were asked for (RFC 9110 section 15.3.7): then it asks for the others.
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
  const tries = repository.tries(signal, { progressed: () => reading.progressed() });
  try {
    for (;;) {
      let chunk: Uint8Array | undefined;
      try {
        chunk = await reading.next();
      } catch (error) {
        await tries.failed(error);
        continue;
      }
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    await reading.close();
  }
}

/** So much, or a part of a smaller range, is progress: a server that gives a byte at a time would hold us for ever. */
const PROGRESS_BYTES = 1024 ** 2;
const PROGRESS_PARTS = 16;

class RangeReading {
  readonly #repository: Repository;
  readonly #blob: Descriptor;
  readonly #range: Range;
  readonly #signal: AbortSignal;
  #position: number;
  /** Where it was when somebody asked last whether it gets on. */
  #marked: number;
  /** Where the answer that is read begins, and where it said that it ends. */
  #began = 0;
  #until = 0;
  /** Bytes of the body that come before what is wanted. */
  #skip = 0;
  #body: Body | undefined;
  #url: URL;

  constructor(repository: Repository, blob: Descriptor, range: Range, signal: AbortSignal) {
    this.#repository = repository;
    this.#blob = blob;
    this.#range = range;
    this.#signal = signal;
    this.#position = this.#marked = range.from;
    this.#url = repository.url(`blobs/${blob.digest}`);
  }

  /** The next bytes; undefined at the end. After an error it can be called again. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const left = this.#range.from + this.#range.length - this.#position;
      if (left === 0) return undefined;
      this.#body ??= await this.#open();
      const read = await this.#read(this.#body);
      if (read === undefined) continue;
      const chunk = this.#wanted(read).subarray(0, left);
      this.#position += chunk.length;
      if (chunk.length > 0) return chunk;
    }
  }

  /** Whether it has got further since this was asked last. */
  progressed(): boolean {
    const progressed = this.#position - this.#marked >= this.#progress;
    if (progressed) this.#marked = this.#position;
    return progressed;
  }

  get #progress(): number {
    return Math.max(1, Math.min(PROGRESS_BYTES, Math.floor(this.#range.length / PROGRESS_PARTS)));
  }

  async close(): Promise<void> {
    await this.#body?.return?.();
  }

  #wanted(chunk: Uint8Array): Uint8Array {
    const wanted = chunk.subarray(this.#skip);
    this.#skip -= chunk.length - wanted.length;
    return wanted;
  }

  /** The next bytes of the answer; undefined where it has ended as it said it would, before the range does. */
  async #read(body: Body): Promise<Uint8Array | undefined> {
    try {
      const { value, done } = await body.next();
      if (done !== true) return value;
    } catch (error) {
      this.#body = undefined;
      throw this.#signal.aborted ? asStowageError(this.#signal.reason) : unreachable(error, this.#url);
    }
    this.#body = undefined;
    if (this.#position === this.#until && this.#position - this.#began >= this.#progress) return undefined;
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
      bulk: true,
    });
    this.#url = answer.url;
    await this.#check(answer);
    return answer.body[Symbol.asyncIterator]() as Body;
  }

  async #check(answer: Answer): Promise<void> {
    const { name } = this.#repository;
    this.#skip = 0;
    this.#began = this.#position;
    this.#until = this.#endOf(answer);
    if (answer.status === 206 && this.#until > this.#position) return;
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

  /** Where an answer ends that begins where it was asked to, in a blob of this size; else 0. */
  #endOf(answer: Answer): number {
    const said = answer.header('content-range') ?? '';
    const [, from, to, size] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(said) ?? [];
    const isOurs = Number(from) === this.#position && (size === '*' || Number(size) === this.#blob.size);
    return isOurs ? Number(to) + 1 : 0;
  }

  #otherRange(answer: Answer): StowageError {
    const said = (answer.header('content-range') ?? 'no Content-Range').slice(0, 80);
    return new StowageError(
      'RegistryCorrupt',
      `${this.#repository.name} does not give byte ${this.#position} of the ${this.#blob.size} of ${this.#blob.digest}: it answers ${JSON.stringify(said)}`,
    );
  }
}
