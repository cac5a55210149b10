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
  const [first] = parseIndex(stored.bytes, `${target.name}:${tag}`).manifests;
  const platform = first && (await target.readManifest(first.digest, signal));
  return { digest, layers: platform === undefined ? [] : layersOf(platform.bytes) };
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
 * The digest under which the tag has what is probably this layer: same title and, where it is known before reading,
 * same size. Then reading it first costs less than sending it again.
 */
export function probableDigest(previous: Previous | undefined, layer: PlannedLayer): Digest | undefined {
  return previous?.layers.find((each) => each.annotations?.[TITLE] === layer.title && sameSize(each, layer))
    ?.digest;
}

function sameSize(stored: Descriptor, layer: PlannedLayer): boolean {
  return stored.mediaType === MEDIA.layerZstd || stored.size === layer.size;
}

/** Where the layers that are planned cannot be those of the tag, the build need not begin: no byte has to be read to know. */
export function mustDiffer(previous: Previous, layers: readonly PlannedLayer[]): boolean {
  return layers.some((layer) => probableDigest(previous, layer) === undefined);
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
