import { createHash } from 'node:crypto';
import type { PlannedLayer } from '../image/plan.ts';
import { tarHeader } from '../image/tar.ts';

/** Below this an upload is begun anew sooner than it is found again: 16 MiB. */
const KEPT_FROM_BYTES = 16 * 1024 * 1024;

/** Hexadecimal digits. Many keys must fit into a line of a pod's log, and nothing worse than a wrong guess comes of two that are alike. */
const KEY_LENGTH = 32;

/**
 * Tells one content of a layer from another by what was seen of its files, without reading them: see BlobSource. The
 * device is left out: on network storage it is another after each mount.
 * @returns undefined for a layer whose upload is not worth keeping
 */
export function layerKey(layer: PlannedLayer, compression: 'none' | 'zstd'): string | undefined {
  if (layer.size < KEPT_FROM_BYTES) return undefined;
  const hash = createHash('sha256').update(`${encoding(compression)}\n`);
  for (const { entry, file } of layer.members) {
    hash.update(tarHeader(entry));
    if (file === undefined) continue;
    const { ino, mtimeNs, ctimeNs } = file.identity;
    hash.update(`${ino} ${mtimeNs} ${ctimeNs}\n`);
  }
  return hash.digest('hex').slice(0, KEY_LENGTH);
}

/** Another version of the compressor may make other bytes of the same content. */
function encoding(compression: 'none' | 'zstd'): string {
  return compression === 'zstd' ? `zstd ${process.versions['zstd'] ?? ''}` : compression;
}
