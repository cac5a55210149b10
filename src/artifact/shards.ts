/** Whether a checkpoint that is split into several files is all there. */
import { StowageError } from '../errors.ts';
import { JsonReader } from './json-reader.ts';
import type { Place } from './link.ts';
import { quote } from './names.ts';
import { withSourceFile, type SourceFile } from './source-file.ts';

/** model.safetensors.index.json, pytorch_model.bin.index.json, and diffusers' variants (…index.fp16.json). */
const INDEX_NAME = /\.(safetensors|bin)\.index(?:\.[\w-]+)?\.json$/i;

/** The index of a model with 90,000 tensors has 9 MB. */
export const MAX_INDEX_BYTES = 16 * 1024 ** 2;

/** Files of one checkpoint; the largest have some hundred. */
const MAX_SHARDS = 10_000;

/** model-00001-of-00004.safetensors, llama-00001-of-00003.gguf (the GGUF naming convention; there is no index there). */
const NUMBERED = /^(.*-)\d{5}-of-(\d{5})(\.\w+)$/;

/** What an index names. All of it is there. */
export interface ShardIndex {
  /** Where it lies, as directoryOf gives it: shards are named relative to it. */
  readonly directory: string;
  readonly format: 'safetensors' | 'pickle';
  /** Paths relative to the root. */
  readonly shards: ReadonlySet<string>;
}

/**
 * Reads every weight index, and makes sure that the shards it names are there.
 * @throws ArtifactTruncated naming a missing shard; ArtifactInvalid for an index that cannot be understood
 */
export async function readShardIndexes(files: readonly Place[]): Promise<ShardIndex[]> {
  const present = new Set(files.map(({ path }) => path));
  const indexes: ShardIndex[] = [];
  for (const place of files) {
    const ending = INDEX_NAME.exec(place.path)?.[1]?.toLowerCase();
    if (ending === undefined) continue;
    const directory = directoryOf(place.path);
    const names = await withSourceFile(place, readIndex);
    const shards = new Set([...names].map((name) => directory + name));
    const missing = [...shards].filter((path) => !present.has(path)).sort();
    if (missing[0] !== undefined) throw missingShard(place.path, missing[0], missing.length);
    indexes.push({ directory, format: ending === 'bin' ? 'pickle' : 'safetensors', shards });
  }
  return indexes;
}

/** Sentences on families of numbered files that have gaps. Without an index nobody says that the rest must be here. */
export function numberingWarnings(paths: readonly string[]): string[] {
  const families = Map.groupBy(
    paths.flatMap((path) => familyOf(path) ?? []),
    ({ name }) => name,
  );
  return [...families].flatMap(([name, members]) => {
    const total = members[0]?.total ?? 0;
    return members.length < total
      ? [`Of ${quote(name)} only ${members.length} of ${total} files are here.`]
      : [];
  });
}

/** The numbered files that this one belongs to, by their common name; undefined where it has no number. */
export function familyOf(path: string): { name: string; total: number } | undefined {
  const [, stem, total, ending] = NUMBERED.exec(path) ?? [];
  if (stem === undefined || total === undefined || ending === undefined) return undefined;
  return { name: `${stem}*-of-${total}${ending}`, total: Number(total) };
}

/** With its `/`; '' for the root. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

async function readIndex(file: SourceFile): Promise<Set<string>> {
  const names = new Set<string>();
  if (file.size > MAX_INDEX_BYTES) throw invalid(file, `is larger than ${MAX_INDEX_BYTES} bytes`);
  try {
    const json = new JsonReader(await file.read(0, file.size));
    json.object((key) => {
      if (key !== 'weight_map') json.skip();
      else json.object(() => addName(names, json.string()));
    });
    json.end();
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(file, error.message, error);
    throw error;
  }
  return names;
}

function addName(names: Set<string>, name: string): void {
  if (names.add(name).size > MAX_SHARDS) throw new SyntaxError(`names more than ${MAX_SHARDS} files`);
}

function invalid(file: SourceFile, why: string, cause?: unknown): StowageError {
  return new StowageError('ArtifactInvalid', `${quote(file.path)} is no valid index of weights: it ${why}`, {
    hint: 'Save or download it again.',
    cause,
  });
}

function missingShard(index: string, shard: string, count: number): StowageError {
  const others = count > 1 ? `, nor are ${count - 1} others` : '';
  const message = `${quote(index)} names ${quote(shard)}, which is not there${others}`;
  return new StowageError('ArtifactTruncated', message, { hint: 'Save, copy or download what is missing.' });
}
