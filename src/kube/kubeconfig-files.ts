import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { KUBECONFIG, type KubeconfigDocument } from './kubeconfig-schema.ts';

/** A kubeconfig with the certificates of a hundred clusters has some hundred kilobytes. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

export interface KubeconfigFile {
  readonly path: string;
  readonly document: KubeconfigDocument;
}

/** What one of the lists of a kubeconfig holds. */
export type EntryKind = 'cluster' | 'user' | 'context';

/**
 * Reads the files of a KUBECONFIG list; of those that do not exist nothing is said, as long as one does.
 * @throws KubeconfigInvalid
 */
export async function readKubeconfigs(paths: readonly string[]): Promise<KubeconfigFile[]> {
  const files = (await Promise.all(paths.map(readOne))).filter((file) => file !== undefined);
  if (files.length > 0) return files;
  throw new StowageError(
    'KubeconfigInvalid',
    `no kubeconfig: ${paths.map((path) => JSON.stringify(path)).join(' and ')} not found`,
    {
      hint: 'set KUBECONFIG to the file that says how to reach the cluster',
    },
  );
}

async function readOne(path: string): Promise<KubeconfigFile | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > MAX_FILE_BYTES) throw new Error(`it has more than ${MAX_FILE_BYTES} bytes`);
    // An empty file is what `kubectl config unset` leaves.
    return { path, document: KUBECONFIG.parse(parse(text, { maxAliasCount: 100 }) ?? {}) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw invalid(path, '', error);
  }
}

/** The name of the context in use: the first file that names one counts. */
export function currentContext(files: readonly KubeconfigFile[]): string | undefined {
  return files.map(({ document }) => document['current-context']).find((name) => name !== undefined);
}

/**
 * The entry of that name, from the first file that has it, and the file: its paths are relative to that.
 * @throws KubeconfigInvalid when there is none, or it is wrong.
 */
export function entryOf<T extends z.ZodType>(
  files: readonly KubeconfigFile[],
  kind: EntryKind,
  schema: T,
  name: string,
): { value: z.output<T>; path: string } {
  for (const { path, document } of files) {
    const entry = document[`${kind}s`]?.find((each) => each.name === name);
    if (entry === undefined) continue;
    const parsed = schema.safeParse(entry[kind]);
    if (parsed.success) return { value: parsed.data, path };
    throw invalid(path, `the ${kind} ${JSON.stringify(name)}: `, parsed.error);
  }
  const known = files.flatMap(({ document }) => (document[`${kind}s`] ?? []).map((entry) => entry.name));
  throw new StowageError('KubeconfigInvalid', `the kubeconfig has no ${kind} ${JSON.stringify(name)}`, {
    hint: known.length === 0 ? `it has no ${kind} at all` : `it has ${known.slice(0, 20).join(', ')}`,
  });
}

/** Says where and what, never the value: it may be a secret. */
function invalid(path: string, where: string, error: unknown): StowageError {
  const why =
    error instanceof z.ZodError
      ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
      : (messageOf(error).split('\n', 1)[0] ?? '');
  return new StowageError(
    'KubeconfigInvalid',
    `the kubeconfig ${JSON.stringify(path)} cannot be used: ${where}${why}`,
  );
}
