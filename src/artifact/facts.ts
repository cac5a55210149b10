/** What is known of the model as a whole, from what is known of its files. Pure. */
import type { FileFormat, ModelFacts } from './artifact.ts';
import { plainCount, type ModelHeader } from './header.ts';
import { inodeKey } from './identity.ts';
import type { Inspected } from './inspect.ts';
import type { ConfigFacts } from './model-config.ts';
import { directoryOf, familyOf, type ShardIndex } from './shards.ts';

/**
 * Types whose elements may hold several quantised weights each. Where they are more than this share of all elements,
 * the number of elements is not the number of weights. In other models they are positions and the like, below 0.1 %.
 */
const PACKED: readonly string[] = ['U8', 'I32', 'U32'];
const PACKED_SHARE = 0.01;

/**
 * The files that hold the model's weights: those of the format that has the most bytes. A file that is there under two
 * names counts once; beside an index only the shards that it names count; of several GGUF models the largest does.
 */
export function weightFiles(inspected: readonly Inspected[], indexes: readonly ShardIndex[]): Inspected[] {
  const known = inspected.filter(({ file }) => file.format !== 'other');
  const [format] = heaviest(known, ({ file }) => file.format) ?? [];
  const candidates = known.filter(({ file }) => file.format === format);
  const distinct = [...new Map(candidates.map((each) => [inodeKey(each.file.identity), each])).values()];
  if (format === 'safetensors') return distinct.filter(({ file }) => isOfIndex(file.path, indexes));
  if (format !== 'gguf') return distinct;
  return heaviest(distinct, ({ file }) => familyOf(file.path)?.name ?? file.path)?.[1] ?? [];
}

/**
 * Facts of the weights' headers, and from config.json where these say nothing. What is not certain is left out:
 * the numbers of tensors and parameters where a header was not read, that of parameters where weights are packed.
 */
export function modelFacts(weights: readonly Inspected[], config: ConfigFacts): ModelFacts {
  const format: FileFormat | undefined = weights[0]?.file.format;
  const headers = weights.flatMap(({ header }) => header ?? []);
  const counts = headers.length === weights.length && headers.length > 0 ? countsOf(headers) : {};
  const precision = format === 'safetensors' ? precisionOf(headers) : undefined;
  return {
    ...config,
    ...(format !== undefined && { format }),
    ...counts,
    ...(precision !== undefined && { precision }),
    ...statedBy(headers),
  };
}

function countsOf(headers: readonly ModelHeader[]): Pick<ModelFacts, 'tensors' | 'parameters'> {
  const tensors = sum(headers.map((header) => header.tensors));
  const weights = weightsOf(headers);
  const elements = sum([...weights.values()]);
  const packed = sum(PACKED.map((type) => weights.get(type) ?? 0));
  const parameters = packed > elements * PACKED_SHARE ? undefined : plainCount(elements);
  return { tensors, ...(parameters !== undefined && { parameters }) };
}

function precisionOf(headers: readonly ModelHeader[]): string | undefined {
  const types = [...weightsOf(headers)]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([type]) => type);
  return types.length > 0 ? types.join(',') : undefined;
}

/** Of a model in several GGUF files only the first says more than its tensors. */
function statedBy(headers: readonly ModelHeader[]): ConfigFacts {
  const { architecture, contextLength } = headers.find((header) => header.architecture !== undefined) ?? {};
  const { quantization } = headers.find((header) => header.quantization !== undefined) ?? {};
  return {
    ...(architecture !== undefined && { architecture }),
    ...(contextLength !== undefined && { contextLength }),
    ...(quantization !== undefined && { quantization }),
  };
}

function weightsOf(headers: readonly ModelHeader[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [type, elements] of headers.flatMap(({ weights }) => [...weights])) {
    all.set(type, (all.get(type) ?? 0) + elements);
  }
  return all;
}

function isOfIndex(path: string, indexes: readonly ShardIndex[]): boolean {
  const here = directoryOf(path);
  const beside = indexes.filter(({ directory, format }) => directory === here && format === 'safetensors');
  return beside.length === 0 || beside.some(({ shards }) => shards.has(path));
}

/** The group with the most bytes, with its key; undefined where there is none. */
function heaviest<K>(all: readonly Inspected[], key: (each: Inspected) => K): [K, Inspected[]] | undefined {
  const bytes = (group: readonly Inspected[]): number => sum(group.map(({ file }) => file.size));
  return [...Map.groupBy(all, key)].toSorted((a, b) => bytes(b[1]) - bytes(a[1]))[0];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
