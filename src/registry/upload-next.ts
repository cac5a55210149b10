/** What the answers to an upload's requests mean. No effects: see BlobUpload for what is done. */
import { StowageError } from '../errors.ts';
import { isPassingStatus } from './retry.ts';
import { offsetIn } from './upload-range.ts';

/** Where an upload stands that was asked how much of it there is. */
export type Standing =
  /** It has bytes, and goes on at this one. */
  | { readonly is: 'begun'; readonly offset: number }
  /** It has nothing: another costs nothing. */
  | { readonly is: 'empty' }
  /** It is not known any more, or has more bytes than the blob. */
  | { readonly is: 'lost' }
  /** The registry says it of no upload. */
  | { readonly is: 'untold' }
  /** Nobody knows; it can be asked again. */
  | { readonly is: 'unclear' };

/** Go-containerregistry's registry answers 400, others that the method is unknown. */
const NOT_MADE_FOR_IT: ReadonlySet<number> = new Set([400, 405, 501]);

/** @param size of the blob, where it is known */
export function judgeAsking(answer: {
  readonly status: number;
  readonly range: string | undefined;
  readonly size: number | undefined;
}): Standing {
  const { status, range, size = Infinity } = answer;
  if (isPassingStatus(status)) return { is: 'unclear' };
  if (NOT_MADE_FOR_IT.has(status)) return { is: 'untold' };
  if (status < 200 || status > 299) return { is: 'lost' };
  const offset = offsetIn(range);
  if (offset === undefined) return { is: 'untold' };
  if (offset === 0) return { is: 'empty' };
  return offset > size ? { is: 'lost' } : { is: 'begun', offset };
}

export type PatchVerdict =
  | 'taken'
  /** The upload is not known any more. */
  | 'lost'
  /** The registry has another number of bytes than we think. */
  | 'elsewhere'
  /** It does not take a blob in parts, or not in ours. */
  | 'no parts'
  | 'too large'
  | 'refused';

/** @param isPart whether less than the whole blob was sent: only then can it be the parts that are refused */
export function judgePatch(status: number, isPart: boolean): PatchVerdict {
  if (status >= 200 && status <= 299) return 'taken';
  if (status === 404) return 'lost';
  if (status === 416) return isPart ? 'elsewhere' : 'lost';
  if (status === 413) return 'too large';
  return isPart && NOT_MADE_FOR_IT.has(status) ? 'no parts' : 'refused';
}

/**
 * Where an upload goes on after a chunk of the bytes `from` to `to` was taken. A registry may have taken fewer; one that
 * claims to have none of them does not count (Amazon ECR always answers the same Range).
 */
export function offsetAfterChunk(range: string | undefined, from: number, to: number): number {
  const offset = offsetIn(range) ?? 0;
  return offset > from && offset <= to ? offset : to;
}

const MIB = 1024 * 1024;

/** Chunks where a registry wants some but does not say how large: measured as fast as a single request. */
const USUAL_CHUNK_BYTES = 64 * MIB;

/**
 * What proxies commonly let through in one request, the largest first: Cloudflare 100 MB
 * (https://developers.cloudflare.com/workers/platform/limits/), others less.
 */
const BODY_LIMITS = [96 * MIB, 16 * MIB];

/**
 * The size of chunks to try after a request was too large.
 * @param sent the most bytes that this request may have had
 * @returns undefined where none is left to try
 */
export function smallerChunk(sent: number, minChunk: number | undefined): number | undefined {
  return BODY_LIMITS.find((limit) => limit < sent && limit >= (minChunk ?? 0));
}

/** What speaks for sending a blob in chunks, in bytes. */
export interface ChunkWishes {
  /** What was found out, or is known of the registry beforehand. */
  readonly chunkBytes: number | undefined;
  /** What the registry wants a chunk to have at least. */
  readonly minChunk: number | undefined;
}

/** The size of chunks to send a blob in; undefined: in one request. */
export function chunkSize({ chunkBytes, minChunk }: ChunkWishes): number | undefined {
  if (chunkBytes === undefined && minChunk === undefined) return undefined;
  return Math.max(chunkBytes ?? USUAL_CHUNK_BYTES, minChunk ?? 0);
}

/**
 * Whether another process may go on with an upload that ended in this error. What was wrong with the source, or with what
 * the registry stores, is wrong the next time too.
 * @param inherited whether this process went on with another's: what two have failed with in a row may be the upload
 */
export function mayGoOn(error: unknown, inherited: boolean): boolean {
  if (!(error instanceof StowageError)) return false;
  if (error.code === 'RegistryFailed') return error.retryable && !inherited;
  return error.retryable || error.code === 'RegistryAuth';
}
