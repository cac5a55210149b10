import { StowageError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';

/** A stretch of a blob that becomes one file: a whole layer, the one file of a layer, or a file out of one. */
export interface Part {
  /** What it is, for progress. */
  readonly title: string;
  readonly blob: Descriptor;
  /** The stretch, in bytes. */
  readonly from: number;
  readonly length: number;
  /** Known bytes around the stretch that the digest is over too: the headers and the end of a tar. */
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
  readonly digest: Digest;
}

/** A name for the part that no other has, the same in each process. */
export function partName({ blob, from, length }: Part): string {
  return `${blob.digest.slice('sha256:'.length)}-${from}-${length}`;
}

/** The blob of the part that a file belongs to by its name. */
export function blobOfPart(name: string): Digest | undefined {
  const [hex = ''] = name.split('-', 1);
  const digest = `sha256:${hex}`;
  return isDigest(digest) ? digest : undefined;
}

/** The error for a part whose bytes have another digest. `where` names the store. */
export function damagedPart({ title, blob, digest }: Part, where: string): StowageError {
  const what = digest === blob.digest ? `the blob ${digest}` : `${JSON.stringify(title)} in ${blob.digest}`;
  return new StowageError(
    'RegistryCorrupt',
    `${what} in ${where} is damaged: its bytes have another digest`,
    {
      hint: 'Try again; if it stays so, the stored blob must be removed and pushed again.',
    },
  );
}
