import { createHash } from 'node:crypto';
import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';
import type { BlobResult, BlobStream } from '../oci/blob.ts';

/** Level 1 gives the ratio of level 3 to within 1 % on bf16 weights, half again as fast (270 against 180 MB/s a core). */
const LEVEL = 1;

/** A stream's bytes as one zstd frame. The result has the digest of the frame and, as diffId, that of the bytes in it. */
export function zstdStream(plain: BlobStream): BlobStream {
  const hash = createHash('sha256');
  let size = 0;
  let ended = false;

  async function* chunks(): AsyncGenerator<Uint8Array, undefined> {
    const encoder = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
    const feeding = feed(plain, encoder);
    try {
      for await (const chunk of encoder as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
      ended = true;
    } finally {
      encoder.destroy();
      await feeding;
    }
  }

  return {
    [Symbol.asyncIterator]: chunks,
    result(): BlobResult {
      if (!ended) throw new Error('a layer has no digest before it was read to its end');
      return { ...plain.result(), digest: `sha256:${hash.copy().digest('hex')}`, size };
    },
  };
}

/** Ends when all was taken, or the encoder was destroyed; either way the files of the stream are closed by then. */
async function feed(plain: BlobStream, encoder: ZstdCompress): Promise<void> {
  try {
    for await (const chunk of plain) await write(encoder, chunk);
    encoder.end();
  } catch (error) {
    encoder.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Ends when the encoder has taken the chunk: only then may its buffer be used again. */
function write(encoder: ZstdCompress, chunk: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  // A write to an encoder that is destroyed while nobody reads from it is never answered.
  const onClose = (): void => reject(new Error('the encoder was closed'));
  encoder.once('close', onClose);
  encoder.write(chunk, (error) => {
    encoder.off('close', onClose);
    if (error) reject(error);
    else resolve(undefined);
  });
  return promise;
}
