/**
 * The numbers that GGUF files use for types.
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and, for what is newer, ggml.h and llama.h of
 * https://github.com/ggml-org/llama.cpp
 */

/** Types of metadata values that are looked at. */
export const VALUE_U32 = 4;
export const VALUE_STRING = 8;
export const VALUE_ARRAY = 9;
export const VALUE_U64 = 10;

/** By the number of a type of metadata values its bytes; 0 where the values say their length themselves. */
const VALUE_BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/** Bytes of a metadata value that has a fixed size; undefined where the type has none or does not exist. */
export function valueBytes(type: number): number | undefined {
  const bytes = VALUE_BYTES[type];
  return bytes === 0 ? undefined : bytes;
}

interface TensorType {
  readonly name: string;
  /** Elements that are stored together, and the bytes they take. */
  readonly block: number;
  readonly bytes: number;
}

/** Types of tensors. Left out: intermediate results that are never stored, and what was removed from the format. */
const TENSOR_TYPES: readonly (readonly [id: number, name: string, block: number, bytes: number])[] = [
  [0, 'F32', 1, 4],
  [1, 'F16', 1, 2],
  [2, 'Q4_0', 32, 18],
  [3, 'Q4_1', 32, 20],
  [6, 'Q5_0', 32, 22],
  [7, 'Q5_1', 32, 24],
  [8, 'Q8_0', 32, 34],
  [10, 'Q2_K', 256, 84],
  [11, 'Q3_K', 256, 110],
  [12, 'Q4_K', 256, 144],
  [13, 'Q5_K', 256, 176],
  [14, 'Q6_K', 256, 210],
  [16, 'IQ2_XXS', 256, 66],
  [17, 'IQ2_XS', 256, 74],
  [18, 'IQ3_XXS', 256, 98],
  [19, 'IQ1_S', 256, 50],
  [20, 'IQ4_NL', 32, 18],
  [21, 'IQ3_S', 256, 110],
  [22, 'IQ2_S', 256, 82],
  [23, 'IQ4_XS', 256, 136],
  [24, 'I8', 1, 1],
  [25, 'I16', 1, 2],
  [26, 'I32', 1, 4],
  [27, 'I64', 1, 8],
  [28, 'F64', 1, 8],
  [29, 'IQ1_M', 256, 56],
  [30, 'BF16', 1, 2],
  [34, 'TQ1_0', 256, 54],
  [35, 'TQ2_0', 256, 66],
  [39, 'MXFP4', 32, 17],
  [40, 'NVFP4', 64, 36],
  [41, 'Q1_0', 128, 18],
  [42, 'Q2_0', 64, 18],
];

const BY_ID = new Map(
  TENSOR_TYPES.map(([id, name, block, bytes]): [number, TensorType] => [id, { name, block, bytes }]),
);

/** Undefined for a type that is newer than the table, or of a fork. */
export function tensorType(id: number): TensorType | undefined {
  return BY_ID.get(id);
}

/** By the number of a file type (llama_ftype) its name; `-` stands for what was removed. */
const FILE_TYPES: readonly string[] = [
  'F32 F16 Q4_0 Q4_1 - - - Q8_0 Q5_0 Q5_1 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ2_XXS IQ2_XS',
  'Q2_K_S IQ3_XS IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ3_M IQ2_S IQ2_M IQ4_XS IQ1_M BF16 - - - TQ1_0 TQ2_0 MXFP4_MOE NVFP4',
  'Q1_0 Q2_0',
].flatMap((line) => line.split(' '));

/** What `general.file_type` stands for; undefined for a number that is newer than the table. */
export function fileTypeName(type: number): string | undefined {
  const name = FILE_TYPES[type];
  return name === '-' ? undefined : name;
}
