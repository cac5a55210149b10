import type { BlobSource, BlobStream } from '../oci/blob.ts';
import type { PlannedLayer } from '../image/plan.ts';
import { LayerStream } from './layer-stream.ts';
import type { ReadPace } from './read-pace.ts';
import { zstdStream } from './zstd-stream.ts';

export type Compression = 'none' | 'zstd';

export interface SourceReading {
  readonly pace: ReadPace;
  /** Called with the number of bytes of each read from a file. */
  readonly onRead: (bytes: number) => void;
}

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
