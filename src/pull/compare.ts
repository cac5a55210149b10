import { digestOfFile } from './hash-file.ts';
import { judgeContents, type Suspect } from './judge-contents.ts';
import { onlyFile, type LayerListing } from './layer-listing.ts';
import type { FolderSide, ImageSide, Side } from './sides.ts';
import type { Placed } from './tree.ts';

/** Paths relative to the model, sorted. */
export interface Compared {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
}

/**
 * What changes from one side to the other. Sizes that differ are a change; equal ones are compared by content: by digests
 * that images vouch for, and where there are none by reading files, or layers that hold small files.
 */
export async function compareSides(from: Side, to: Side, signal: AbortSignal): Promise<Compared> {
  const paths = [...new Set([...from.files.keys(), ...to.files.keys()])].sort();
  const both = paths.filter((path) => from.files.has(path) && to.files.has(path));
  const sized = both.filter((path) => from.files.get(path)?.size === to.files.get(path)?.size);
  const same = await sameContents(sized, from, to, signal);
  return {
    added: paths.filter((path) => !from.files.has(path)),
    removed: paths.filter((path) => !to.files.has(path)),
    changed: both.filter((path) => !same.has(path)),
    unchanged: both.filter((path) => same.has(path)),
  };
}

async function sameContents(
  paths: readonly string[],
  from: Side,
  to: Side,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (from.kind === 'image' && to.kind === 'image') return sameInImages(paths, from, to);
  if (from.kind === 'image' && to.kind === 'folder') return sameInFolder(paths, from, to, signal);
  if (from.kind === 'folder' && to.kind === 'image') return sameInFolder(paths, to, from, signal);
  return sameInFolders(paths, from as FolderSide, to as FolderSide, signal);
}

async function sameInImages(
  paths: readonly string[],
  from: ImageSide,
  to: ImageSide,
): Promise<ReadonlySet<string>> {
  const same = new Set<string>();
  for (const path of paths) {
    const [a, b] = [from.files.get(path), to.files.get(path)];
    if (a === undefined || b === undefined) continue;
    const known = sameByLayers(a, from, b, to);
    if (known ?? (await from.digestOf(a)) === (await to.digestOf(b))) same.add(path);
  }
  return same;
}

/** undefined where the layers do not tell. */
function sameByLayers(a: Placed, from: ImageSide, b: Placed, to: ImageSide): boolean | undefined {
  const [one, other] = [from.contents.layers[a.layer], to.contents.layers[b.layer]];
  if (one === undefined || other === undefined) return undefined;
  if (one.layer.digest === other.layer.digest && a.offset === b.offset) return true;
  // Around the one file of each, all is the same: then it is the file that makes the digests differ.
  return areFramedAlike(one, other) ? false : undefined;
}

function areFramedAlike(one: LayerListing, other: LayerListing): boolean {
  if (onlyFile(one) === undefined || onlyFile(other) === undefined) return false;
  if (one.frame === undefined || other.frame?.length !== one.frame.length) return false;
  return one.frame.every((stretch, index) => {
    const counterpart = other.frame?.[index];
    if (counterpart === undefined) return false;
    if ('member' in stretch)
      return 'member' in counterpart && counterpart.member.size === stretch.member.size;
    return 'bytes' in counterpart && Buffer.compare(stretch.bytes, counterpart.bytes) === 0;
  });
}

async function sameInFolder(
  paths: readonly string[],
  image: ImageSide,
  folder: FolderSide,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const suspects = paths.flatMap((path): Suspect[] => {
    const [entry, file] = [image.files.get(path), folder.files.get(path)];
    return entry === undefined || file === undefined ? [] : [{ path, entry, place: file.location }];
  });
  const judged = await judgeContents(suspects, image.contents, signal);
  const same = new Set<string>();
  for (const { path, entry, place } of suspects) {
    const isSame =
      judged.get(path) === 'unknown'
        ? (await image.digestOf(entry)) === (await digestOfFile(place, signal))
        : judged.get(path) === 'same';
    if (isSame) same.add(path);
  }
  return same;
}

async function sameInFolders(
  paths: readonly string[],
  from: FolderSide,
  to: FolderSide,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const same = new Set<string>();
  for (const path of paths) {
    const [a, b] = [from.files.get(path)?.location, to.files.get(path)?.location];
    if (a === undefined || b === undefined) continue;
    if (a === b || (await digestOfFile(a, signal)) === (await digestOfFile(b, signal))) same.add(path);
  }
  return same;
}
