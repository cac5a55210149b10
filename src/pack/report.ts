import type { ModelFacts } from '../artifact/artifact.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * What happened to a layer: its bytes were sent; the target had it; another repository had it;
 * its digest was known from a record and nothing was read.
 */
export type LayerAction = 'uploaded' | 'exists' | 'mounted' | 'recorded';

export interface LayerReport {
  readonly title: string;
  readonly digest: Digest;
  /** Bytes as stored. */
  readonly size: number;
  /** Number of files in it. */
  readonly files: number;
  readonly action: LayerAction;
}

/** What a build did. Keys and meanings are a contract: scripts read it. */
export interface Report {
  /** The pullable name, with tag and digest. */
  readonly image: string;
  readonly digest: Digest;
  /** Bytes of all layers of the image (of one platform), as stored. */
  readonly size: number;
  readonly layers: readonly LayerReport[];
  readonly bytes: {
    /** Bytes of the model's files. */
    readonly source: number;
    /** Bytes read from the files for the image: 1.00 × source unless a layer had to be read again. The scan's look at headers is not counted. */
    readonly read: number;
    /** Bytes of blobs sent to the target. */
    readonly sent: number;
    /** Bytes of blobs that the target had or took from elsewhere. */
    readonly reused: number;
  };
  readonly seconds: number;
  readonly model: ModelFacts;
  /** The digest of the record that was stored beside the image, or was there. */
  readonly record?: Digest;
  readonly warnings: readonly string[];
}
