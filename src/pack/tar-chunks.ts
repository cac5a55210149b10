import type { ArtifactFile } from '../artifact/artifact.ts';
import type { LayerMember, PlannedLayer } from '../image/plan.ts';
import { TAR_END_BYTES, tarHeader, tarPadding } from '../image/tar.ts';

/** A piece of a chunk, `at` bytes from its start: bytes that are known, or a range of a file, `from` its byte. */
export type Piece = KnownPiece | FilePiece;

interface KnownPiece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface FilePiece {
  readonly at: number;
  readonly file: ArtifactFile;
  readonly from: number;
  readonly length: number;
}

export interface Chunk {
  /** Bytes. */
  readonly size: number;
  /** In order, without gaps. */
  readonly pieces: readonly Piece[];
}

/**
 * Cuts a layer's tar into chunks of `chunkBytes`, the last may be shorter, without reading anything: so chunks can be
 * filled several at a time. A file without bytes has a piece too, since it is looked at like any other.
 * @param start the byte of the tar that the first chunk begins with; what lies before is passed over
 */
export function* tarChunks(layer: PlannedLayer, chunkBytes: number, start = 0): Generator<Chunk, undefined> {
  let pieces: Piece[] = [];
  let size = 0;
  let before = start;
  for (const part of parts(layer)) {
    let from = Math.min(before, part.length);
    before -= from;
    if (from > 0 && from === part.length) continue;
    do {
      const length = Math.min(part.length - from, chunkBytes - size);
      pieces.push(pieceOf(part, size, from, length));
      size += length;
      from += length;
      if (size === chunkBytes) {
        yield { size, pieces };
        pieces = [];
        size = 0;
      }
    } while (from < part.length);
  }
  if (pieces.length > 0) yield { size, pieces };
}

type Part =
  | { readonly bytes: Uint8Array; readonly length: number }
  | { readonly file: ArtifactFile; readonly length: number };

function* parts(layer: PlannedLayer): Generator<Part, undefined> {
  for (const member of layer.members) yield* memberParts(member);
  yield zeros(TAR_END_BYTES);
}

function* memberParts({ entry, file }: LayerMember): Generator<Part, undefined> {
  const bytes = tarHeader(entry);
  yield { bytes, length: bytes.length };
  if (file === undefined) return;
  yield { file, length: file.size };
  const padding = tarPadding(file.size);
  if (padding > 0) yield zeros(padding);
}

function zeros(length: number): Part {
  return { bytes: new Uint8Array(length), length };
}

function pieceOf(part: Part, at: number, from: number, length: number): Piece {
  if ('file' in part) return { at, file: part.file, from, length };
  return { at, bytes: part.bytes.subarray(from, from + length) };
}
