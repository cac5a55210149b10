import type { BlobSource, BlobStream } from '../oci/blob.ts';
import type { PlannedLayer } from '../image/plan.ts';
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
  const open = (signal: AbortSignal): BlobStream => {
    const tar = new LayerStream(layer, reading, signal);
    return compression === 'zstd' ? zstdStream(tar) : tar;
  };
  return {
    name: layer.title,
    size: compression === 'none' ? layer.size : undefined,
    digest: undefined,
    open,
  };
}
