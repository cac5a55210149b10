import type { ArtifactFile, ModelFacts } from '../artifact/artifact.ts';
import { modelFacts, weightFiles } from '../artifact/facts.ts';
import { detectFormat, HEAD_BYTES } from '../artifact/format.ts';
import { readGguf } from '../artifact/gguf.ts';
import type { HeaderFile, ModelHeader } from '../artifact/header.ts';
import type { Inspected } from '../artifact/inspect.ts';
import { inParallel } from '../artifact/parallel.ts';
import { readSafetensors } from '../artifact/safetensors.ts';
import { StowageError } from '../errors.ts';
import type { FileFormat } from '../artifact/artifact.ts';
import { NoRanges } from '../oci/no-ranges.ts';
import { rangeBytes } from '../oci/range-bytes.ts';
import type { ImageContents } from './contents.ts';
import type { ReadableStore } from './image.ts';
import type { Placed } from './tree.ts';

/** A file whose name says nothing is looked into from this size on: weights are large, and each costs a request. */
const LOOKED_INTO = 16 * 1024 ** 2;
/** What is fetched at first of a file whose name says that it has a header: most are shorter. */
const START_BYTES = 64 * 1024;
/** Files that are looked into; models have a few hundred shards. */
const MOST_FILES = 512;

export interface HeaderRequest {
  readonly store: ReadableStore;
  readonly contents: ImageContents;
  readonly signal: AbortSignal;
}

/** What a file is, and what its header says where that was read. */
export interface Found {
  readonly entry: Placed;
  readonly format: FileFormat;
  readonly header?: ModelHeader;
}

/**
 * Tells the formats of files by their names and, where `lookInside`, by their first bytes, which are fetched; then
 * headers are read too. Files of compressed layers are told by their names alone.
 */
export async function formatsOf(
  files: readonly Placed[],
  request: HeaderRequest,
  lookInside: boolean,
): Promise<Found[]> {
  const found = files.map((entry) => ({ entry, format: detectFormat(entry.path, Buffer.alloc(0)).format }));
  const open = found
    .filter((each) => lookInside && isLookedInto(each, request.contents))
    .slice(0, MOST_FILES);
  const looked = await inParallel(open, request.signal, (each) => lookIntoIfPossible(each, request));
  const byPath = new Map(looked.map((each) => [each.entry.path, each]));
  return found.map((each) => byPath.get(each.entry.path) ?? each);
}

function isLookedInto({ entry, format }: Found, { layers }: ImageContents): boolean {
  if (layers[entry.layer]?.compressed !== false) return false;
  return format === 'safetensors' || format === 'gguf' || entry.size >= LOOKED_INTO;
}

/** A registry that gives no parts of blobs would have to be sent weights for: then a name has to do. */
async function lookIntoIfPossible(found: Found, request: HeaderRequest): Promise<Found> {
  try {
    return await lookInto(found.entry, request);
  } catch (error) {
    if (error instanceof NoRanges) return found;
    throw error;
  }
}

async function lookInto(entry: Placed, request: HeaderRequest): Promise<Found> {
  const file = headerFile(entry, request);
  const { format, named } = detectFormat(entry.path, await file.read(0, Math.min(HEAD_BYTES, entry.size)));
  const read = format === 'safetensors' ? readSafetensors : format === 'gguf' ? readGguf : undefined;
  if (read === undefined) return { entry, format };
  try {
    const result = await read(file);
    return 'header' in result ? { entry, format, header: result.header } : { entry, format };
  } catch (error) {
    // The image is as it is: what its files should be, whoever made it has to see to.
    if (error instanceof StowageError && /^Artifact(?:Truncated|Invalid)$/.test(error.code))
      return { entry, format: named ? format : 'other' };
    throw error;
  }
}

/** A file of the image whose beginning is fetched once, and the rest as it is asked for. */
function headerFile(entry: Placed, { store, contents, signal }: HeaderRequest): HeaderFile {
  const layer = contents.layers[entry.layer]?.layer;
  if (layer === undefined) throw new Error(`there is no layer ${entry.layer}`);
  const fetch = (from: number, length: number): Promise<Buffer> =>
    rangeBytes(store, layer, { from: entry.offset + from, length }, signal);
  const startBytes = detectFormat(entry.path, Buffer.alloc(0)).named ? START_BYTES : HEAD_BYTES;
  let start: Promise<Buffer> | undefined;
  return {
    path: entry.path,
    size: entry.size,
    async read(position, length) {
      if (position + length > startBytes) return fetch(position, length);
      start ??= fetch(0, Math.min(startBytes, entry.size));
      return (await start).subarray(position, position + length);
    },
  };
}

/** What the headers say of the model. */
export function factsOf(found: readonly Found[]): ModelFacts {
  const inspected = found.map((each, index): Inspected => ({
    file: artifactFile(each, BigInt(index)),
    ...(each.header !== undefined && { header: each.header }),
  }));
  return modelFacts(weightFiles(inspected, []), {});
}

/** In an image no file has two names. */
function artifactFile({ entry, format }: Found, ino: bigint): ArtifactFile {
  const identity = { dev: 0n, ino, mtimeNs: 0n, ctimeNs: 0n };
  return { path: entry.path, location: entry.path, size: entry.size, identity, format };
}
