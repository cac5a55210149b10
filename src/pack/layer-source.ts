import type { BlobSource } from '../oci/blob.ts';
import type { PlannedLayer } from '../image/plan.ts';
import { LayerHash } from './layer-hash.ts';
import { layerKey } from './layer-key.ts';
import { LayerStream } from './layer-stream.ts';
import type { SourceReading } from './source-reading.ts';
import { zstdStream } from './zstd-stream.ts';

export type Compression = 'none' | 'zstd';

/** A planned layer as the bytes of its tar, read from the model's files each time it is opened. */
export function layerSource(
  layer: PlannedLayer,
  compression: Compression,
  reading: SourceReading,
): BlobSource {
  const about = { name: layer.title, digest: undefined, key: layerKey(layer, compression) };
  const open = (hash: LayerHash, from: number, signal: AbortSignal): LayerStream =>
    new LayerStream(layer, reading, { hash, from, signal });
  if (compression === 'zstd') {
    return { ...about, size: undefined, open: (signal) => zstdStream(open(new LayerHash(layer), 0, signal)) };
  }
  let hash = new LayerHash(layer);
  return {
    ...about,
    size: layer.size,
    open: (signal) => open((hash = new LayerHash(layer)), 0, signal),
    openAt: (from, signal) => open(hash, from, signal),
  };
}
