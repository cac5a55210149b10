import type { ImageLayer } from '../image/manifest.ts';
import { recordedLayer } from '../record/make.ts';
import type { RecordedLayer } from '../record/record.ts';
import { listedFiles } from '../record/reusable.ts';
import type { PlannedImage } from './previous.ts';
import type { SentLayer } from './send-all.ts';

/**
 * What is known of an image's layers now: of those that were read what was learnt, of the others what a record said of
 * them, with the identities that their files had when they were read.
 * @param scannedAt when the scan began, in milliseconds since 1970
 */
export function recordedLayers(
  { layers, mediaType }: PlannedImage,
  sent: readonly SentLayer[],
  scannedAt: number,
): RecordedLayer[] {
  return sent.flatMap(({ digest, diffId, size, contents: files, recorded }, index): RecordedLayer[] => {
    const planned = layers[index];
    if (planned === undefined) return [];
    const stored = { digest, diffId, size, ...(files === undefined ? {} : { files }) };
    return [recorded ?? recordedLayer({ planned, mediaType, stored }, scannedAt)];
  });
}

/** The same as layers of an image. */
export function imageLayer(layer: RecordedLayer): ImageLayer {
  const { title, mediaType, digest, diffId, size, files } = layer;
  const listed = files.length > 1 ? listedFiles(layer) : undefined;
  if (files.length > 1 && listed === undefined) throw new Error(`files of ${title} were not hashed`);
  return { title, mediaType, digest, diffId, size, listed };
}
