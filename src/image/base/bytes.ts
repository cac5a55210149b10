/** Takes bytes from a stream of chunks by number, wherever the chunks begin and end. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** The next `count` bytes, of which there are fewer only at the end. Held in memory, so for small counts. */
  async take(count: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.pass(count)) pieces.push(piece.slice());
    return Buffer.concat(pieces);
  }

  /** The next `count` bytes (Infinity: all that are left) in pieces as they come. */
  async *pass(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0 && (await this.#fill());) {
      const piece = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** False at the end. */
  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#chunk = next.value;
    }
    return true;
  }
}

/** The first `count` bytes of a stream (fewer where it is shorter), and the whole stream, those included. */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  count: number,
): Promise<{ head: Buffer; all: AsyncIterable<Uint8Array> }> {
  const reader = new ByteReader(source);
  const head = await reader.take(count);
  return { head, all: headThenRest(head, reader) };
}

async function* headThenRest(head: Buffer, reader: ByteReader): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    yield* reader.pass(Infinity);
  } finally {
    await reader.close();
  }
}
