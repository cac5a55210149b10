import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { messageOf, StowageError, systemCode } from '../../errors.ts';
import { peek } from './bytes.ts';
import { invalidBase } from './error.ts';
import { cutAtFrames, isZstd } from './zstd.ts';

/** How many bytes tell how a layer is compressed. */
export const MAGIC_BYTES = 4;
/** Node's default of 16 KiB costs a turn of the event loop each. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Hands the bytes of a layer before compression to `consume`. How it is compressed its first bytes tell, since
 * runtimes go by them, whatever the media type says.
 * @throws BaseInvalid when the compressed data is damaged; else what the source or `consume` throws.
 */
export async function unpack(
  what: string,
  source: AsyncIterable<Uint8Array>,
  consume: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { head, all } = await peek(source, MAGIC_BYTES);
  const options = { chunkSize: CHUNK_BYTES };
  try {
    if (isGzip(head)) await pipeline(all, createGunzip(options), consume, { signal });
    else if (isZstd(head))
      await pipeline(cutAtFrames(all), createZstdDecompress(options), consume, { signal });
    else await pipeline(all, consume, { signal });
  } catch (error) {
    if (error instanceof StowageError || !/^Z(STD)?_/.test(systemCode(error) ?? '')) throw error;
    throw invalidBase(`${what} cannot be decompressed: ${messageOf(error)}`, error);
  }
}

/** Whether a stream that starts with these bytes is compressed, in a way that a layer can be. */
export function isCompressed(head: Buffer): boolean {
  return isGzip(head) || isZstd(head);
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}
