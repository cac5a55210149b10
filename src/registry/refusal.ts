import { z } from 'zod';
import { StowageError, type ErrorCode } from '../errors.ts';
import { readUpTo, type Answer } from './answer.ts';
import { DOCKER_HUB } from './reference.ts';
import { isPassingStatus, parseRetryAfter } from './retry.ts';

/** Errors are short; more than this is a web page. */
const MAX_ERROR_BYTES = 64 * 1024;
/** What a person will read of what the registry says. */
const MAX_ERROR_TEXT = 400;

/** What was asked for, for the message. */
export interface Asked {
  /** Completes "HOST refused to …": "store the blob \"model.safetensors.tar\"". */
  readonly what: string;
  /** `host[:port]` of the registry. */
  readonly host: string;
  readonly repository: string;
  /** Where the credentials that were used come from; never a secret. */
  readonly credentials: string | undefined;
}

/** Turns an answer that is no success into the error a user reads. Reads the answer's body. */
export async function refusalOf(answer: Answer, asked: Asked): Promise<StowageError> {
  const said = parseErrors(await bodyOf(answer));
  const kind = kindOf(answer.status, said);
  const retryAfter = parseRetryAfter(answer.header('retry-after'), Date.now());
  const hint = hintFor(kind, said, asked);
  const text = said.text === '' ? '' : `: ${said.text}`;
  return new StowageError(kind, `${asked.host} refused to ${asked.what} (${answer.status}${text})`, {
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    retryable: isPassingStatus(answer.status) || said.codes.includes('MANIFEST_BLOB_UNKNOWN'),
  });
}

/** What an error document says (distribution-spec, "Error Codes"); of a web page the title, other text as it is. */
export interface Said {
  readonly codes: readonly string[];
  /** One line, printable, at most 400 characters. */
  readonly text: string;
}

export function parseErrors(body: string): Said {
  const errors = ERRORS.safeParse(json(body)).data?.errors ?? [];
  if (errors.length === 0) return { codes: [], text: oneLine(looksLikeMarkup(body) ? titleOf(body) : body) };
  const text = errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ');
  return { codes: errors.map(({ code }) => code ?? ''), text: oneLine(text) };
}

const ERRORS = z.object({
  errors: z.array(z.object({ code: z.string().nullish(), message: z.string().nullish() })).max(100),
});

function kindOf(status: number, said: Said): ErrorCode {
  // Harbor answers 403 DENIED, or 412, when a project's quota is used up; only the text tells.
  if (
    status === 429 ||
    status === 507 ||
    /\bquota\b|TOOMANYREQUESTS|exceed the configured upper limit/i.test(said.text)
  )
    return 'RegistryQuota';
  if (status === 401 || status === 403) return 'RegistryAuth';
  if (status === 413) return 'LayerTooLarge';
  if (said.codes.includes('DIGEST_INVALID')) return 'RegistryCorrupt';
  return status === 404 ? 'RegistryNotFound' : 'RegistryFailed';
}

function hintFor(kind: ErrorCode, said: Said, asked: Asked): string | undefined {
  if (kind === 'RegistryAuth') return loginHint(asked);
  if (kind === 'RegistryNotFound') {
    return `is ${asked.repository} spelled right? Some registries, Amazon ECR among them, want a repository to be made before the first push`;
  }
  if (kind === 'LayerTooLarge')
    return 'save the model in smaller shards (max_shard_size), or have the limit of the registry or of a proxy before it raised';
  if (kind === 'RegistryCorrupt')
    return 'the bytes were changed on the way or on its disk; try again, and if it stays so, have the registry checked';
  if (/HTTP request (?:to an HTTPS server|was sent to HTTPS port)/i.test(said.text)) return HTTPS_HINT;
  return said.codes.includes('UNSUPPORTED')
    ? 'is this a read-only mirror, or a cache of another registry?'
    : undefined;
}

/** What servers written in Go and nginx say. */
const HTTPS_HINT =
  'this registry speaks HTTPS: leave out --plain-http, or on this machine give its certificate with --ca-file';

function loginHint({ credentials, host }: Asked): string {
  const login = host === DOCKER_HUB ? 'docker login' : `docker login ${host}`;
  if (credentials === undefined) return `there are no credentials for ${host}; log in with: ${login}`;
  return `the credentials from ${credentials} were used; do they have the right to do this? To use others: ${login}`;
}

async function bodyOf(answer: Answer): Promise<string> {
  try {
    return (await readUpTo(answer, MAX_ERROR_BYTES)).bytes.toString('utf8');
  } catch {
    return ''; // The status is what counts; why the explanation did not arrive would only hide it.
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a web page: where web servers and proxies say what is wrong. */
function titleOf(page: string): string {
  return /<title>([^<]*)/i.exec(page)?.[1] ?? '';
}

function looksLikeMarkup(text: string): boolean {
  return /^\s*</.test(text);
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > MAX_ERROR_TEXT ? `${line.slice(0, MAX_ERROR_TEXT)}…` : line;
}
