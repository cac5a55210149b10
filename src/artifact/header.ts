import { StowageError } from '../errors.ts';
import { quote } from './names.ts';

/** A file whose header is read: any range of it, and nothing more than is asked for. */
export interface HeaderFile {
  /** How it is called in messages: relative to the root. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** @throws ArtifactChanged where the range is not all there, SourceUnreadable */
  read(position: number, length: number): Promise<Buffer>;
}

/** What the header of one file of weights says. */
export interface ModelHeader {
  readonly tensors: number;
  /** Number of elements by the tensors' type: BF16, Q4_K. */
  readonly weights: ReadonlyMap<string, number>;
  readonly quantization?: string;
  /** Tokens. */
  readonly contextLength?: number;
  readonly architecture?: string;
}

/** A header, or the reason why there is none though nothing is wrong with the file: a sentence's end after its name. */
export type HeaderResult = { readonly header: ModelHeader } | { readonly unread: string };

/** @returns ArtifactInvalid; `why` ends a sentence that begins with "its header" */
export function invalidHeader(path: string, format: string, why: string, cause?: unknown): StowageError {
  return new StowageError('ArtifactInvalid', `${quote(path)} is no valid ${format} file: its header ${why}`, {
    hint: 'Save or download it again. If it is no model file, rename it.',
    cause,
  });
}

/** @returns ArtifactTruncated */
export function truncated(path: string, has: number, needs: number): StowageError {
  return new StowageError(
    'ArtifactTruncated',
    `${quote(path)} is cut short: it has ${has} bytes, by its header it needs ${needs}`,
    {
      hint: 'Save or download it again, and wait until that has finished.',
    },
  );
}

/**
 * A short text of a model file that is fit to be shown and to become a label; anything else is left out.
 * 100 characters: names of architectures and quantisations have up to 40.
 */
export function plainText(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w][\w .+:/-]{0,99}$/.test(value) ? value : undefined;
}

/** A count of something, as a model file states it; anything else is left out. */
export function plainCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
