/** What is compared: the files of an image's model, or those of a folder. */
import { stat } from 'node:fs/promises';
import type { ArtifactFile } from '../artifact/artifact.ts';
import { identityOf } from '../artifact/identity.ts';
import { inParallel } from '../artifact/parallel.ts';
import { walkSource } from '../artifact/walk.ts';
import type { Digest } from '../oci/digest.ts';
import { listImage, modelEntries, type ImageContents } from './contents.ts';
import { openImage, type ImageRequest, type OpenedImage } from './image.ts';
import { invalidImage } from './image-error.ts';
import { digestsIn } from './list-layer.ts';
import type { Placed } from './tree.ts';

export interface FolderSide {
  readonly kind: 'folder';
  /** Absolute. */
  readonly root: string;
  readonly files: ReadonlyMap<string, ArtifactFile>;
  readonly emptyDirectories: readonly string[];
  /** Whether a pull was interrupted in it, or works in it now. */
  readonly interruptedPull: boolean;
}

export interface ImageSide {
  readonly kind: 'image';
  readonly image: OpenedImage;
  readonly contents: ImageContents;
  /** By their paths relative to the model. */
  readonly files: ReadonlyMap<string, Placed>;
  /** The digest of a file's content. Where nobody vouches for one, its layer is read to the end, once. */
  digestOf(entry: Placed): Promise<Digest>;
}

export type Side = FolderSide | ImageSide;

/** @throws what walkSource throws */
export async function readFolder(directory: string, signal: AbortSignal): Promise<FolderSide> {
  const tree = await walkSource(directory, signal);
  const files = await inParallel(tree.files, signal, async (place): Promise<[string, ArtifactFile]> => {
    const stats = await stat(place.location, { bigint: true });
    return [place.path, { ...place, size: Number(stats.size), identity: identityOf(stats), format: 'other' }];
  });
  const { root, emptyDirectories, interruptedPull } = tree;
  return { kind: 'folder', root, files: new Map(files), emptyDirectories, interruptedPull };
}

/** @throws what openImage and listLayer throw */
export async function readImage(request: ImageRequest, signal: AbortSignal): Promise<ImageSide> {
  const image = await openImage(request, signal);
  const contents = await listImage(image, signal);
  const { root, entries } = modelEntries(contents.entries);
  const files = entries.filter(({ kind }) => kind === 'file');
  const read = new Map<number, Promise<ReadonlyMap<number, Digest>>>();
  return {
    kind: 'image',
    image,
    contents,
    files: new Map(files.map((entry) => [entry.path.slice(root.length), entry])),
    async digestOf(entry) {
      if (entry.digest !== undefined) return entry.digest;
      const layer = image.manifest.layers[entry.layer];
      if (layer === undefined) throw new Error(`there is no layer ${entry.layer}`);
      const { store } = image;
      const digests = read.get(entry.layer) ?? digestsIn({ store, layer, index: entry.layer, signal });
      read.set(entry.layer, digests);
      const digest = (await digests).get(entry.offset);
      if (digest === undefined) throw invalidImage(`a layer of ${image.name} is not what was listed`);
      return digest;
    },
  };
}
