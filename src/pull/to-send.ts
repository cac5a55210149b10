import { filePlaces } from '../image/file-list.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';
import { planLayers, type PlannedLayer } from '../image/plan.ts';
import { TAR_END_BYTES, tarHeader, tarPadding } from '../image/tar.ts';
import type { Compared } from './compare.ts';
import type { LayerListing, Stretch } from './layer-listing.ts';
import type { FolderSide, ImageSide } from './sides.ts';

/** Bytes of an image's layers that another does not have. */
export function bytesOfImage(to: ImageSide, from: ImageSide): number {
  const there = new Set(from.image.manifest.layers.map(({ digest }) => digest));
  const layers = new Map(to.image.manifest.layers.map(({ digest, size }) => [digest, size]));
  return [...layers].reduce((sum, [digest, size]) => (there.has(digest) ? sum : sum + size), 0);
}

/** Bytes of the layers that a folder would be packed into, but for those that the image has already. */
export function bytesOfFolder(folder: FolderSide, image: ImageSide, compared: Compared): number {
  const { files, emptyDirectories } = folder;
  const unchanged = new Set(compared.unchanged);
  const planned = planLayers({ files: [...files.values()], emptyDirectories });
  const missing = planned.filter(
    (layer) => !image.contents.layers.some((has) => isLayer(layer, has, image, unchanged)),
  );
  return missing.reduce((sum, { size }) => sum + size, 0);
}

/** The same headers around the same contents are the same layer: nothing need be read to see it. */
function isLayer(
  planned: PlannedLayer,
  { layer, index, compressed, frame, members = [] }: LayerListing,
  image: ImageSide,
  unchanged: ReadonlySet<string>,
): boolean {
  if (compressed || layer.size !== planned.size) return false;
  if (layer.annotations?.[TITLE_ANNOTATION] !== planned.title) return false;
  const places = filePlaces(planned);
  const areThere = places.every(({ path, offset }) => {
    const entry = image.files.get(path);
    return unchanged.has(path) && entry?.layer === index && entry.offset === offset;
  });
  if (!areThere || members.filter(({ kind }) => kind === 'file').length !== places.length) return false;
  return frame === undefined || knownBytes(frame).equals(tarWithoutContents(planned));
}

function knownBytes(frame: readonly Stretch[]): Buffer {
  return Buffer.concat(frame.flatMap((stretch) => ('bytes' in stretch ? [stretch.bytes] : [])));
}

function tarWithoutContents({ members }: PlannedLayer): Buffer {
  const around = members.flatMap(({ entry }) => [
    tarHeader(entry),
    Buffer.alloc(entry.type === 'file' ? tarPadding(entry.size) : 0),
  ]);
  return Buffer.concat([...around, Buffer.alloc(TAR_END_BYTES)]);
}
