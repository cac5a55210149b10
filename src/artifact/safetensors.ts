/**
 * Reads the header of a safetensors file and makes sure that the file holds what it describes.
 * The rules are those of the reference implementation, so that what passes here loads there. More is let through only
 * where it does no harm: types that are newer than the table, and the spelling of what is skipped.
 * https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs
 */
import { invalidHeader, truncated, type HeaderFile, type HeaderResult } from './header.ts';
import { JsonReader } from './json-reader.ts';
import { quote } from './names.ts';

/** Bytes of the length in front of the header: an unsigned 64-bit integer, little-endian. */
const LENGTH_BYTES = 8;

const OPEN_OBJECT = 0x7b;

/** The reference implementation reads no longer header (MAX_HEADER_SIZE). */
const FORMAT_MAX_HEADER_BYTES = 100_000_000;

/**
 * A longer header is not read, as it would be held in memory, and several at a time. A tensor takes 100 to 150 bytes,
 * so this is more than 50,000 tensors in one file; checkpoints that have as many in all come in dozens of files.
 */
export const MAX_HEADER_BYTES = 8 * 1024 ** 2;

/** Dimensions of a tensor. PyTorch and NumPy know no more. */
const MAX_DIMENSIONS = 64;

/** Bits of one element, by type. */
const ELEMENT_BITS: ReadonlyMap<string, number> = new Map([
  ['F4', 4],
  ...typesOf(6, 'F6_E2M3', 'F6_E3M2'),
  ...typesOf(8, 'BOOL', 'U8', 'I8', 'F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'),
  ...typesOf(16, 'U16', 'I16', 'F16', 'BF16'),
  ...typesOf(32, 'U32', 'I32', 'F32'),
  ...typesOf(64, 'U64', 'I64', 'F64', 'C64'),
]);

/** What a type looks like that came after the table: of it all but the size can be checked. */
const NEWER_TYPE = /^[A-Z]\w{0,31}$/;

function typesOf(bits: number, ...names: string[]): [string, number][] {
  return names.map((name) => [name, bits]);
}

interface Tensor {
  readonly name: string;
  readonly type: string;
  readonly elements: number;
  /** Bytes, from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** @throws ArtifactTruncated, ArtifactInvalid, and what reading throws */
export async function readSafetensors(file: HeaderFile): Promise<HeaderResult> {
  if (file.size < LENGTH_BYTES) throw truncated(file.path, file.size, LENGTH_BYTES);
  const start = await file.read(0, Math.min(LENGTH_BYTES + 1, file.size));
  const length = start.readBigUInt64LE();
  if (length > FORMAT_MAX_HEADER_BYTES) throw invalid(file, `would have ${length} bytes`);
  // A file that is cut short begins like any other; where this byte is another, the length was that of something else.
  if ((start[LENGTH_BYTES] ?? OPEN_OBJECT) !== OPEN_OBJECT) throw invalid(file, 'does not begin with "{"');
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > file.size) throw truncated(file.path, file.size, dataStart);
  if (length > MAX_HEADER_BYTES) return { unread: `has ${length} bytes of header, too many to be looked at` };
  const tensors = parse(file, await file.read(LENGTH_BYTES, Number(length)));
  const size = dataStart + dataBytes(file, tensors);
  if (size > file.size) throw truncated(file.path, file.size, size);
  if (size < file.size) throw invalid(file, `describes ${size} bytes, but the file has ${file.size}`);
  return { header: { tensors: tensors.length, weights: weightsOf(tensors) } };
}

function parse(file: HeaderFile, header: Buffer): Tensor[] {
  try {
    const tensors: Tensor[] = [];
    const json = new JsonReader(header);
    json.object((name) => {
      if (name === '__metadata__') json.skip();
      else tensors.push(readTensor(json, name));
    });
    json.end();
    return tensors;
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(file, error.message, error);
    throw error;
  }
}

function readTensor(json: JsonReader, name: string): Tensor {
  const found: { type?: string; shape?: number[]; offsets?: number[] } = {};
  json.object((key) => {
    if (key === 'dtype') found.type = json.string();
    else if (key === 'shape') found.shape = readIntegers(json, MAX_DIMENSIONS);
    else if (key === 'data_offsets') found.offsets = readIntegers(json, 2);
    else json.skip();
  });
  const { type, shape, offsets: [begin, end] = [] } = found;
  if (type === undefined || shape === undefined || begin === undefined || end === undefined) {
    throw new SyntaxError(`does not say type, shape and place of the tensor ${short(name)}`);
  }
  return { name, type, elements: shape.reduce((product, size) => product * size, 1), begin, end };
}

function readIntegers(json: JsonReader, limit: number): number[] {
  const numbers: number[] = [];
  json.array(() => {
    numbers.push(json.integer());
    if (numbers.length > limit) throw new SyntaxError(`has a list of more than ${limit} numbers`);
  });
  return numbers;
}

/** The bytes of all tensors, which must lie one after the other with nothing between and nothing twice. */
function dataBytes(file: HeaderFile, tensors: readonly Tensor[]): number {
  let position = 0;
  for (const tensor of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const why = misplaced(tensor, position);
    if (why !== undefined) throw invalid(file, why);
    position = tensor.end;
  }
  return position;
}

function misplaced({ name, type, elements, begin, end }: Tensor, position: number): string | undefined {
  const bits = ELEMENT_BITS.get(type);
  const fits = bits === undefined ? NEWER_TYPE.test(type) : elements * bits === (end - begin) * 8;
  if (begin === position && end >= begin && fits) return undefined;
  const place = `puts the tensor ${short(name)} at bytes ${begin} to ${end} of the weights`;
  return fits
    ? `${place}, where those before it end at ${position}`
    : `${place} though it has ${elements} elements of ${short(type)}`;
}

function weightsOf(tensors: readonly Tensor[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { type, elements } of tensors) {
    // One name for all that is unknown: a hostile header could bring thousands.
    const name = ELEMENT_BITS.has(type) ? type : 'other';
    weights.set(name, (weights.get(name) ?? 0) + elements);
  }
  return weights;
}

function invalid(file: HeaderFile, why: string, cause?: unknown): Error {
  return invalidHeader(file.path, 'safetensors', why, cause);
}

function short(name: string): string {
  return quote(name.slice(0, 100));
}
