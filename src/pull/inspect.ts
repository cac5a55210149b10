import type { FileFormat, ModelFacts } from '../artifact/artifact.ts';
import type { Digest } from '../oci/digest.ts';
import { listImage, type ImageContents } from './contents.ts';
import { factsOf, formatsOf, type Found } from './file-headers.ts';
import { openImage, withDigest, type ImageRequest, type OpenedImage } from './image.ts';
import { statedFacts, labelsOf } from './labels.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';

/** What an image is and what lies in it: the document of `stowage inspect`. */
export interface Inspection {
  /** The reference, by digest. */
  readonly image: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of all layers as they are stored. */
  readonly size: number;
  /** The one whose files are listed. */
  readonly platform: string;
  readonly platforms: readonly string[];
  readonly base?: { readonly name?: string; readonly digest?: string };
  readonly model: ModelFacts;
  readonly layers: readonly InspectedLayer[];
  readonly files: readonly InspectedFile[];
  /** Links, devices and the like, and members that can lie nowhere. */
  readonly others: readonly { readonly path: string; readonly kind: string; readonly link?: string }[];
}

export interface InspectedLayer {
  readonly digest: Digest;
  readonly title?: string;
  readonly mediaType: string;
  /** Bytes as stored. */
  readonly size: number;
  /** Number of files; left out of a layer of the base, which is not looked into. */
  readonly files?: number;
}

export interface InspectedFile {
  /** As in the image: `models/config.json`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly format: FileFormat;
  /** Digest of the layer that it lies in. */
  readonly layer: Digest;
  /** The first byte of its content in the layer's tar. */
  readonly offset: number;
  /** Of its content, where the image's digest vouches for it. */
  readonly digest?: Digest;
}

/**
 * Says what is in an image. Contents are not fetched but for headers, and layers that are compressed, which nobody can
 * look into otherwise.
 * @throws what openImage and listLayer throw
 */
export async function inspect(request: ImageRequest, signal: AbortSignal): Promise<Inspection> {
  const image = await openImage(request, signal);
  const contents = await listImage(image, signal);
  const stated = statedFacts(image);
  const files = contents.entries.filter(({ kind }) => kind === 'file');
  const unknown = stated === undefined;
  const found = await formatsOf(files, { store: image.store, contents, signal }, unknown);
  return inspectionOf(image, contents, found, stated ?? factsOf(found));
}

function inspectionOf(
  image: OpenedImage,
  contents: ImageContents,
  found: readonly Found[],
  model: ModelFacts,
): Inspection {
  const { digest, mediaType } = image.root;
  const base = baseOf(image);
  return {
    image: withDigest(image),
    digest,
    mediaType,
    size: image.manifest.layers.reduce((sum, { size }) => sum + size, 0),
    platform: image.platform,
    platforms: image.platforms,
    ...(base !== undefined && { base }),
    model,
    layers: contents.layers.map(inspectedLayer),
    files: found.map((each) => inspectedFile(each, contents)),
    others: othersOf(contents),
  };
}

function baseOf({ manifest, config }: OpenedImage): Inspection['base'] {
  const { 'org.opencontainers.image.base.name': name, 'org.opencontainers.image.base.digest': digest } = {
    ...labelsOf(config),
    ...manifest.annotations,
  };
  if (name === undefined && digest === undefined) return undefined;
  return { ...(name !== undefined && { name }), ...(digest !== undefined && { digest }) };
}

function inspectedLayer({ layer, members }: ImageContents['layers'][number]): InspectedLayer {
  const title = layer.annotations?.[TITLE_ANNOTATION];
  return {
    digest: layer.digest,
    ...(title !== undefined && { title }),
    mediaType: layer.mediaType,
    size: layer.size,
    ...(members !== undefined && { files: members.filter(({ kind }) => kind === 'file').length }),
  };
}

function inspectedFile({ entry, format }: Found, { layers }: ImageContents): InspectedFile {
  const { path, size, offset, digest, layer } = entry;
  const holder = layers[layer]?.layer.digest;
  if (holder === undefined) throw new Error(`there is no layer ${layer}`);
  return { path, size, format, layer: holder, offset, ...(digest !== undefined && { digest }) };
}

function othersOf({ entries, layers }: ImageContents): Inspection['others'] {
  const others = entries.filter(({ kind }) => kind !== 'file');
  return [
    ...others.map(({ path, kind, link }) => ({ path, kind, ...(link !== undefined && { link }) })),
    ...layers.flatMap(({ strange }) => strange.map((path) => ({ path, kind: 'misplaced' }))),
  ];
}
