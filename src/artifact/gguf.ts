/**
 * Reads the header of a GGUF file and makes sure that the file holds the tensors it describes.
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { GgufCursor, NotLookedInto } from './gguf-cursor.ts';
import { fileTypeName, tensorType } from './gguf-types.ts';
import { readMetadata, type Metadata } from './gguf-metadata.ts';
import {
  invalidHeader,
  plainCount,
  plainText,
  truncated,
  type HeaderFile,
  type HeaderResult,
  type ModelHeader,
} from './header.ts';

/** "GGUF", as the little-endian number that the cursor reads. */
const GGUF_MAGIC = 0x46554747;

/** Versions 2 and 3 have the same layout. Version 1 had 32-bit lengths, and llama.cpp reads it no more. */
const VERSIONS: readonly number[] = [2, 3];

/** A higher number is no version that may come, but no GGUF file. */
const MAX_VERSION = 99;

/** A tensor's description without its name: dimensions, type, offset. */
const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

/** Dimensions of a tensor: ggml knows no more (GGML_MAX_DIMS). */
const MAX_DIMENSIONS = 4;

/** Tensors of a file that are looked at; the largest models have some thousand. */
export const MAX_TENSORS = 100_000;

/** Bytes of a tensor's name; the format allows 64. */
const MAX_NAME_BYTES = 64;

/** Where tensors begin, unless `general.alignment` says otherwise: at multiples of so many bytes. */
const DEFAULT_ALIGNMENT = 32;

/** @throws ArtifactTruncated, ArtifactInvalid, and what reading throws */
export async function readGguf(file: HeaderFile): Promise<HeaderResult> {
  const cursor = new GgufCursor(file);
  if ((await cursor.u32()) !== GGUF_MAGIC) throw invalid(file, 'does not begin with "GGUF"');
  const version = await cursor.u32();
  if (!VERSIONS.includes(version)) return otherVersion(file, version);
  try {
    return { header: await readBody(file, cursor) };
  } catch (error) {
    if (error instanceof NotLookedInto) return { unread: error.message };
    throw error;
  }
}

function otherVersion(file: HeaderFile, version: number): HeaderResult {
  if (version > 0 && version <= MAX_VERSION)
    return { unread: `is a GGUF file of version ${version}, which is not looked into` };
  // The format does not say in which byte order a file is, but in the other one a small number is a multiple of this.
  const swapped = version / 2 ** 24;
  const isSwapped = Number.isInteger(swapped) && swapped > 0 && swapped <= MAX_VERSION;
  if (isSwapped) return { unread: 'is a big-endian GGUF file, which is not looked into' };
  throw invalid(file, `has version ${version}`);
}

async function readBody(file: HeaderFile, cursor: GgufCursor): Promise<ModelHeader> {
  const tensorCount = await cursor.u64();
  const metadata = await readMetadata(file, cursor, await cursor.u64());
  const alignment = alignmentOf(file, metadata);
  cursor.expect(tensorCount, MIN_TENSOR_BYTES);
  if (tensorCount > MAX_TENSORS) {
    throw new NotLookedInto(`describes ${tensorCount} tensors, too many to be looked at`);
  }
  const weights = new Map<string, number>();
  let dataBytes = 0;
  for (let index = 0; index < tensorCount; index += 1) {
    const { type, elements, end } = await readTensor(file, cursor, alignment);
    weights.set(type, (weights.get(type) ?? 0) + elements);
    dataBytes = Math.max(dataBytes, end);
  }
  const size = Math.ceil(cursor.position / alignment) * alignment + dataBytes;
  if (tensorCount > 0 && size > file.size) throw truncated(file.path, file.size, size);
  return { tensors: tensorCount, weights, ...factsOf(metadata) };
}

interface Tensor {
  readonly type: string;
  readonly elements: number;
  /** Where it ends: bytes from the beginning of the data. */
  readonly end: number;
}

async function readTensor(file: HeaderFile, cursor: GgufCursor, alignment: number): Promise<Tensor> {
  if ((await cursor.string(MAX_NAME_BYTES)) === undefined) {
    throw invalid(file, `names a tensor with more than ${MAX_NAME_BYTES} bytes`);
  }
  const dimensions = await cursor.u32();
  if (dimensions > MAX_DIMENSIONS) throw invalid(file, `describes a tensor of ${dimensions} dimensions`);
  let elements = 1;
  for (let index = 0; index < dimensions; index += 1) elements *= await cursor.u64();
  const id = await cursor.u32();
  const offset = await cursor.u64();
  if (offset % alignment !== 0) {
    throw invalid(file, `puts a tensor at ${offset}, which is no multiple of ${alignment}`);
  }
  const type = tensorType(id);
  // Of a type that is not in the table, the beginning is all that can be checked.
  if (type === undefined) return { type: 'other', elements, end: offset };
  if (elements % type.block !== 0) {
    throw invalid(file, `describes ${elements} elements of ${type.name}, no multiple of ${type.block}`);
  }
  return { type: type.name, elements, end: offset + (elements / type.block) * type.bytes };
}

function alignmentOf(file: HeaderFile, metadata: Metadata): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPower = typeof alignment === 'number' && alignment > 0 && Number.isInteger(Math.log2(alignment));
  if (!isPower) throw invalid(file, `has an alignment of ${alignment}`);
  return alignment;
}

function factsOf(metadata: Metadata): Pick<ModelHeader, 'architecture' | 'contextLength' | 'quantization'> {
  const architecture = plainText(metadata.get('general.architecture'));
  const contextLength = plainCount(metadata.get(`${architecture ?? ''}.context_length`));
  const fileType = metadata.get('general.file_type');
  const quantization = typeof fileType === 'number' ? fileTypeName(fileType) : undefined;
  return {
    ...(architecture !== undefined && { architecture }),
    ...(contextLength !== undefined && { contextLength }),
    ...(quantization !== undefined && { quantization }),
  };
}

function invalid(file: HeaderFile, why: string): Error {
  return invalidHeader(file.path, 'GGUF', why);
}
