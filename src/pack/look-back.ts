import type { Digest } from '../oci/digest.ts';
import type { Target } from '../oci/target.ts';
import { storageHash } from '../record/make.ts';
import type { VerifySource } from '../record/reusable.ts';
import { readEarlier, type Earlier, type EarlierImage } from './earlier.ts';
import { probableLayer, readPrevious, tagExists, type PlannedImage, type Previous } from './previous.ts';
import { wayOf, type Way } from './way.ts';

export interface LookingBack {
  readonly target: Target;
  readonly tag: string;
  /** Whether the tag may move from other content to this. */
  readonly overwrite: boolean;
  /** Finds an image to look for layers in, told what the tag points at. Default: there is none but the tag's. */
  readonly earlier?: ((tagged: Digest | undefined) => Promise<EarlierImage | undefined>) | undefined;
  /** Names the storage that the files lie on. Without it no record is made, and none is used. */
  readonly storage?: string | undefined;
  /** Default: `changed`. */
  readonly verifySource?: VerifySource | undefined;
  readonly signal: AbortSignal;
}

/** What is known before a byte is read. */
export interface Hindsight {
  /** What the tag points at. */
  readonly previous: Previous | undefined;
  readonly earlier: Earlier | undefined;
  /** Of the layers that are planned, in their order. */
  readonly ways: readonly Way[];
}

/**
 * Looks at what the target has already, and decides for each layer how it comes there.
 * @throws TagExists where the tag may not move, and it can be told already that it would have to
 */
export async function lookBack(request: LookingBack, planned: PlannedImage): Promise<Hindsight> {
  const { target, tag, overwrite, verifySource = 'changed', signal } = request;
  const previous = await readPrevious(target, tag, signal);
  const earlier = await earlierOf(request, previous);
  const tagged = previous && { image: previous, store: target };
  const { mediaType } = planned;
  const ways = planned.layers.map((layer) =>
    wayOf(layer, { mediaType, tagged, overwrite, earlier, verifySource }),
  );
  if (previous !== undefined && !overwrite && mustDiffer(previous, planned, ways))
    throw tagExists(target, tag, previous.digest);
  return { previous, earlier, ways };
}

async function earlierOf(
  { earlier, target, storage, signal }: LookingBack,
  previous: Previous | undefined,
): Promise<Earlier | undefined> {
  const found = await earlier?.(previous?.digest);
  if (found === undefined) return undefined;
  const read = found.store === target && found.image === previous?.digest ? previous : undefined;
  return readEarlier({ ...found, read }, target, storage && storageHash(storage), signal);
}

/**
 * Where the layers that are planned cannot be those of the tag, the build need not begin: no byte has to be read to know.
 * @param ways of the layers, in their order
 */
function mustDiffer(
  previous: Previous,
  { layers, baseLayers, mediaType }: PlannedImage,
  ways: readonly Way[],
): boolean {
  return (
    previous.layers.length !== baseLayers + layers.length ||
    layers.some((layer, index) => {
      const there = probableLayer(previous, layer, mediaType);
      const way = ways[index];
      return there === undefined || (way?.how === 'recorded' && way.layer.digest !== there.digest);
    })
  );
}
