import type { Descriptor } from './manifest.ts';
import type { RangeReader } from './target.ts';

/** A small part of a blob, whole in memory: `length` bytes from byte `from` on. @throws what readRange throws */
export async function rangeBytes(
  store: RangeReader,
  blob: Descriptor,
  { from, length }: { readonly from: number; readonly length: number },
  signal: AbortSignal,
): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readRange(blob, from, length, signal)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
