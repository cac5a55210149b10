import type { Digest } from '../oci/digest.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { ImageRequest } from './image.ts';
import type { Filter } from './selection.ts';

export interface PullRequest extends ImageRequest {
  /** Where the files go. */
  readonly directory: string;
  readonly filter: Filter;
  /** Whether files with other content may be replaced. */
  readonly overwrite: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What a pull did: the document of `stowage pull`. */
export interface PullReport {
  /** The reference, by digest. */
  readonly image: string;
  readonly digest: Digest;
  /** Absolute. */
  readonly directory: string;
  readonly files: readonly PulledFile[];
  readonly bytes: {
    /** Of the files. */
    readonly files: number;
    /** That came from the store, of contents. */
    readonly received: number;
    /** That an interrupted pull had fetched. */
    readonly resumed: number;
    /** Of files that were there already. */
    readonly same: number;
  };
  readonly seconds: number;
}

export interface PulledFile {
  /** Relative to the directory. */
  readonly path: string;
  readonly size: number;
  readonly action: 'written' | 'same';
}
