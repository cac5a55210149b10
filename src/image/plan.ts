import type { Artifact } from '../artifact/artifact.ts';
import { StowageError } from '../errors.ts';
import { bundle, memberBytes, MODEL_DIRECTORY, type Bundle, type Item, type LayerMember } from './bundle.ts';
import { TAR_END_BYTES } from './tar.ts';

export type { LayerMember } from './bundle.ts';

/** A layer as it will be written, known to the byte before anything is read. */
export interface PlannedLayer {
  /** A file name for the layer that no other layer of the image has: `model-00001-of-00004.safetensors.tar`. */
  readonly title: string;
  readonly members: readonly LayerMember[];
  /** Number of the model's files in it. */
  readonly files: number;
  /** Bytes of the whole tar. */
  readonly size: number;
}

export interface LayerLimits {
  /** A file of this many bytes or more is a layer of its own. */
  readonly largeFile: number;
  /** The tar of a layer of smaller files has at most this many bytes. */
  readonly bundle: number;
  /** Layers in the whole image, those of the base included. */
  readonly maxLayers: number;
}

const MIB = 1024 ** 2;

export const LAYER_LIMITS: LayerLimits = {
  // Below this a layer costs more in requests than it wins in parallel transfer and in being found again unchanged.
  largeFile: 64 * MIB,
  // Small enough that a changed tokenizer sends little again, large enough that thousands of files make few layers.
  bundle: 256 * MIB,
  // What overlay file systems stack: Docker refuses to mount more.
  maxLayers: 127,
};

/** KubeDL's loader copies from here; a link lets it find the same files under its own name. */
export const LINK_NAME = 'kubedl-model';
const LINK: LayerMember = {
  entry: { type: 'symlink', path: LINK_NAME, target: MODEL_DIRECTORY },
  file: undefined,
};

/**
 * Decides which file goes into which layer, by paths and sizes alone, so that the same files make the same layers
 * everywhere. First the large files by path, then bundles of the others by path, last the link: a runtime names an
 * unpacked layer by all the layers below it, so the weights, which are the most to unpack, lie under what changes more.
 * @throws TooManyLayers when there would be more than `maxLayers`, the `baseLayers` of a base image (default 0) counted.
 */
export function planLayers(
  content: Pick<Artifact, 'files' | 'emptyDirectories'>,
  limits: LayerLimits & { readonly baseLayers?: number } = LAYER_LIMITS,
): PlannedLayer[] {
  const items = [
    ...content.files.map((file): Item => ({ path: file.path, file })),
    ...content.emptyDirectories.map((path): Item => ({ path, file: undefined })),
  ].sort(byPathBytes);
  const isLarge = ({ file }: Item): boolean => file !== undefined && file.size >= limits.largeFile;
  const large = items.filter(isLarge).flatMap((item) => bundle([item], limits.bundle));
  const small = bundle(
    items.filter((item) => !isLarge(item)),
    limits.bundle,
  );
  refuseTooMany(large.length, small.length, limits);
  return titled([...large, ...small]);
}

function byPathBytes(a: Item, b: Item): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}

/** A layer of one file is called after it; those of several are numbered, past any number that a file's name has taken. */
function titled(bundles: readonly Bundle[]): PlannedLayer[] {
  const taken = new Set(bundles.flatMap(({ items }) => pathTitle(items) ?? []));
  const layers = bundles.map(({ items, members, size }) => ({
    title: pathTitle(items) ?? freeTitle('files', taken),
    members,
    files: items.filter(({ file }) => file !== undefined).length,
    size,
  }));
  const linkTitle = taken.has(`${LINK_NAME}.tar`) ? freeTitle(LINK_NAME, taken) : `${LINK_NAME}.tar`;
  return [
    ...layers,
    { title: linkTitle, members: [LINK], files: 0, size: memberBytes(LINK) + TAR_END_BYTES },
  ];
}

/** `.tar`, because `oras pull` writes the layer as it is under this name, and a tar must not look like weights. */
function pathTitle([first, ...others]: readonly Item[]): string | undefined {
  return first?.file !== undefined && others.length === 0 ? `${first.path}.tar` : undefined;
}

function freeTitle(stem: string, taken: Set<string>): string {
  let number = 1;
  while (taken.has(`${stem}-${number}.tar`)) number += 1;
  taken.add(`${stem}-${number}.tar`);
  return `${stem}-${number}.tar`;
}

function refuseTooMany(
  large: number,
  small: number,
  { maxLayers, baseLayers = 0 }: LayerLimits & { readonly baseLayers?: number },
): void {
  const total = baseLayers + large + small + 1;
  if (total <= maxLayers) return;
  const base = baseLayers > 0 ? `, ${baseLayers} of the base image` : '';
  throw new StowageError(
    'TooManyLayers',
    `the image would have ${total} layers: ${large} of a large file each, ${small} of smaller files, 1 with a link${base}; ` +
      `runtimes accept ${maxLayers}`,
    {
      hint: 'save the model in fewer, larger shards, for example with transformers: save_pretrained(..., max_shard_size="20GB")',
    },
  );
}
