import { readFile } from 'node:fs/promises';
import { messageOf, StowageError } from '../errors.ts';
import type { Credential } from './cluster.ts';
import type { Loaded } from './renewed-credentials.ts';

/**
 * The kubelet renews a service account's token after 80 % of its life, an hour as a rule; a token that was replaced is
 * accepted until it expires, so a minute is soon enough.
 */
const REREAD_MS = 60_000;

/** A bundle of some hundred authorities has less than this. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Where the parts of a credential are: each a path, or the text itself, or nowhere. */
export interface CredentialParts {
  readonly ca?: Part;
  readonly cert?: Part;
  readonly key?: Part;
  readonly token?: Part;
  /** `user:password` */
  readonly basic?: string;
}

export type Part = { readonly file: string } | { readonly text: string } | undefined;

/**
 * Reads all parts that are files.
 * @throws KubeconfigInvalid when one cannot be read.
 */
export async function loadParts(parts: CredentialParts): Promise<Loaded> {
  const [ca, cert, key, token] = await Promise.all([parts.ca, parts.cert, parts.key, parts.token].map(read));
  const credential: Credential = { ca, cert, key, authorization: authorization(token, parts.basic) };
  const files = [parts.ca, parts.cert, parts.key, parts.token].some(
    (part) => part !== undefined && 'file' in part,
  );
  return { credential, freshFor: files ? REREAD_MS : Infinity, usableFor: Infinity };
}

function authorization(token: string | undefined, basic: string | undefined): string | undefined {
  if (token !== undefined && token.trim() !== '') return `Bearer ${token.trim()}`;
  return basic === undefined ? undefined : `Basic ${Buffer.from(basic).toString('base64')}`;
}

async function read(part: Part): Promise<string | undefined> {
  if (part === undefined || 'text' in part) return part?.text;
  try {
    const text = await readFile(part.file, 'utf8');
    if (text.length > MAX_FILE_BYTES) throw new Error(`it has more than ${MAX_FILE_BYTES} bytes`);
    return text;
  } catch (error) {
    throw new StowageError(
      'KubeconfigInvalid',
      `${JSON.stringify(part.file)}, a part of the credentials for the cluster, cannot be read: ${messageOf(error)}`,
      { cause: error, retryable: true },
    );
  }
}
