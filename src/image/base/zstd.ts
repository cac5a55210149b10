import { ByteReader } from './bytes.ts';

const ZSTD_MAGIC = 0xfd2fb528;
/** Without its last four bits, which are free. */
const SKIPPABLE_MAGIC = 0x184d2a5;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const RLE_BLOCK = 1;
const CHECKSUM_BYTES = 4;
/** Bytes of the fields that two bits of a frame's first byte announce. */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/** True for the first four bytes of zstd data: a frame's, or those of one that decoders skip, which can come first. */
export function isZstd(head: Buffer): boolean {
  return head.length >= MAGIC_BYTES && (head.readUInt32LE() === ZSTD_MAGIC || isSkippable(head));
}

/**
 * The same bytes, in pieces none of which goes past the end of a frame: Node's zstd stream drops what follows it in
 * the same write (https://github.com/nodejs/node/issues/64741), and layers of many frames are common (zstd:chunked).
 * The format is RFC 8878, section 3.1; only lengths are read here, all else is for the decompressor to judge.
 */
export async function* cutAtFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  try {
    for (
      let magic = await reader.take(MAGIC_BYTES);
      magic.length > 0;
      magic = await reader.take(MAGIC_BYTES)
    ) {
      yield magic;
      if (!isZstd(magic)) yield* reader.pass(Infinity);
      else if (isSkippable(magic)) yield* skippableFrame(reader);
      else yield* frame(reader);
    }
  } finally {
    await reader.close();
  }
}

function isSkippable(magic: Buffer): boolean {
  return magic.readUInt32LE() >>> 4 === SKIPPABLE_MAGIC;
}

async function* skippableFrame(reader: ByteReader): AsyncGenerator<Uint8Array> {
  const size = await reader.take(4);
  yield size;
  if (size.length === 4) yield* reader.pass(size.readUInt32LE());
}

async function* frame(reader: ByteReader): AsyncGenerator<Uint8Array> {
  const descriptor = await reader.take(1);
  yield descriptor;
  const [flags = 0] = descriptor;
  yield* reader.pass(headerBytes(flags));
  for (let last = false; !last;) {
    const header = await reader.take(BLOCK_HEADER_BYTES);
    yield header;
    const fields = header.length < BLOCK_HEADER_BYTES ? 1 : header.readUIntLE(0, BLOCK_HEADER_BYTES);
    const isRle = ((fields >>> 1) & 3) === RLE_BLOCK;
    yield* reader.pass(isRle ? 1 : fields >>> 3);
    last = (fields & 1) === 1;
  }
  if ((flags & 4) !== 0) yield* reader.pass(CHECKSUM_BYTES);
}

/** Bytes of a frame's header after its first byte: window, dictionary, size of the content. */
function headerBytes(flags: number): number {
  const isSingleSegment = (flags & 0x20) !== 0;
  const window = isSingleSegment ? 0 : 1;
  const contentSize = CONTENT_SIZE_BYTES[(flags >>> 6) as 0 | 1 | 2 | 3];
  return (
    window +
    DICTIONARY_BYTES[(flags & 3) as 0 | 1 | 2 | 3] +
    (contentSize === 0 && isSingleSegment ? 1 : contentSize)
  );
}
