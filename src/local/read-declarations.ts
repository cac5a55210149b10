import { dirname, resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { IN_CLUSTER, parseDeclarations, type Declaration } from '../api/declaration.ts';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { openInput } from './open-input.ts';

/** A declaration is written by hand; a file larger than this is something else. The parser has the same bound. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads and checks the declarations of several files; "-" is standard input. One after the other: while one is waited
 * for that will not come, nothing else keeps the process.
 * @param forCluster whether they are for a cluster and not for this machine
 * @throws UsageInvalid, DeclarationInvalid, Cancelled
 */
export async function readDeclarations(
  files: readonly string[],
  signal: AbortSignal,
  forCluster = false,
): Promise<Declaration[]> {
  const declarations: Declaration[] = [];
  for (const file of files) {
    const text = await readText(file, signal);
    const directory = file === '-' ? process.cwd() : dirname(resolve(file));
    const name = file === '-' ? 'standard input' : file;
    declarations.push(...parseDeclarations(text, name, forCluster ? IN_CLUSTER : directory));
  }
  return declarations;
}

async function readText(file: string, signal: AbortSignal): Promise<string> {
  const name = file === '-' ? 'standard input' : `the file ${JSON.stringify(file)}`;
  let bytes;
  try {
    const input = file === '-' ? process.stdin : await openInput(file);
    bytes = await atMost(MAX_BYTES, addAbortSignal(signal, input));
  } catch (error) {
    signal.throwIfAborted();
    const why = systemCode(error) === 'ENOENT' ? 'it does not exist' : messageOf(error);
    throw new StowageError('UsageInvalid', `${name} cannot be read: ${why}`, { cause: error });
  }
  if (bytes !== undefined) return bytes.toString();
  throw new StowageError(
    'DeclarationInvalid',
    `${name} is too large for a declaration (over ${MAX_BYTES} bytes)`,
  );
}

/** All that comes; undefined, and no more is read, where it is more than that many bytes. */
async function atMost(max: number, input: Readable): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > max) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
