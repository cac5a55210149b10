import { StowageError } from '../errors.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';
import type { PlannedLayer } from '../image/plan.ts';
import type { Digest } from '../oci/digest.ts';
import { isIndex, MEDIA, parseIndex, parseManifest, type Descriptor } from '../oci/manifest.ts';
import type { ImageStore, Target } from '../oci/target.ts';

/** An image that was there before a build. */
export interface Previous {
  readonly digest: Digest;
  /** The layers of the image, of its first platform where it has several; none where it is no image. */
  readonly layers: readonly Descriptor[];
}

/** Reads what a tag or digest names. @returns undefined where it does not exist */
export async function readPrevious(
  target: ImageStore,
  tag: string,
  signal: AbortSignal,
): Promise<Previous | undefined> {
  const stored = await target.readManifest(tag, signal);
  if (stored === undefined) return undefined;
  const { digest, mediaType } = stored.descriptor;
  if (!isIndex(mediaType)) return { digest, layers: layersOf(stored.bytes) };
  const first = firstOf(stored.bytes);
  const platform = first && (await target.readManifest(first.digest, signal));
  return { digest, layers: platform === undefined ? [] : layersOf(platform.bytes) };
}

function firstOf(bytes: Uint8Array): Descriptor | undefined {
  try {
    return parseIndex(bytes, 'the index of the tag').manifests[0];
  } catch {
    return undefined;
  }
}

/** A tag need not have held an image; whatever else it was has no layer in common with ours. */
function layersOf(bytes: Uint8Array): readonly Descriptor[] {
  try {
    return parseManifest(bytes, 'the manifest of the tag').layers;
  } catch {
    return [];
  }
}

/** What is probably this layer in an earlier image: same title and media type and, where it is known before reading, same size. */
export function probableLayer(
  previous: Previous | undefined,
  layer: PlannedLayer,
  mediaType: string,
): Descriptor | undefined {
  const isIt = (stored: Descriptor): boolean =>
    stored.annotations?.[TITLE_ANNOTATION] === layer.title &&
    stored.mediaType === mediaType &&
    (mediaType === MEDIA.layerZstd || stored.size === layer.size);
  return previous?.layers.find(isIt);
}

/** What is planned, with what is known of it beforehand. */
export interface PlannedImage {
  readonly layers: readonly PlannedLayer[];
  /** Layers of the base, of the platform that has most. */
  readonly baseLayers: number;
  /** Of our layers. */
  readonly mediaType: string;
}

export function tagExists(target: Target, tag: string, digest: Digest): StowageError {
  return new StowageError(
    'TagExists',
    `${target.name}:${tag} already exists with other content (${digest})`,
    {
      hint: 'Choose another tag, or say that it may be replaced: --overwrite, or overwrite: true in the spec.',
    },
  );
}
