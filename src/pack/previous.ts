import { StowageError } from '../errors.ts';
import type { PlannedLayer } from '../image/plan.ts';
import type { Digest } from '../oci/digest.ts';
import { isIndex, MEDIA, parseIndex, parseManifest, type Descriptor } from '../oci/manifest.ts';
import type { Target } from '../oci/target.ts';

const TITLE = 'org.opencontainers.image.title';

/** What the tag points at before a build. */
export interface Previous {
  readonly digest: Digest;
  /** The layers of the image, of its first platform where it has several; none where it is no image. */
  readonly layers: readonly Descriptor[];
}

/** @returns undefined where the tag does not exist */
export async function readPrevious(
  target: Target,
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

/**
 * The digest under which the tag has what is probably this layer: same title and media type and, where it is known
 * before reading, same size. Then reading it first costs less than sending it again.
 */
export function probableDigest(
  previous: Previous | undefined,
  layer: PlannedLayer,
  mediaType: string,
): Digest | undefined {
  const isIt = (stored: Descriptor): boolean =>
    stored.annotations?.[TITLE] === layer.title &&
    stored.mediaType === mediaType &&
    (mediaType === MEDIA.layerZstd || stored.size === layer.size);
  return previous?.layers.find(isIt)?.digest;
}

/** Where the layers that are planned cannot be those of the tag, the build need not begin: no byte has to be read to know. */
export function mustDiffer(
  previous: Previous,
  planned: {
    readonly layers: readonly PlannedLayer[];
    readonly baseLayers: number;
    readonly mediaType: string;
  },
): boolean {
  const { layers, baseLayers, mediaType } = planned;
  return (
    previous.layers.length !== baseLayers + layers.length ||
    layers.some((layer) => probableDigest(previous, layer, mediaType) === undefined)
  );
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
