import { WORK_DIRECTORY } from '../artifact/work-directory.ts';
import type { Digest } from '../oci/digest.ts';
import { compareSides } from './compare.ts';
import { withDigest, type ImageRequest } from './image.ts';
import { readFolder, readImage } from './sides.ts';

/** The document of `stowage verify`. */
export interface Verification {
  /** The reference, by digest. */
  readonly image: string;
  readonly digest: Digest;
  /** Absolute. */
  readonly directory: string;
  /** Whether the directory has the files of the image's model, and nothing else. */
  readonly verified: boolean;
  /** Number of files that are right. */
  readonly right: number;
  /** Paths of files that the image has and the directory has not. */
  readonly missing: readonly string[];
  /** Paths of files whose content differs. */
  readonly differing: readonly string[];
  /** Paths of files that the image has not. */
  readonly extra: readonly string[];
}

/**
 * Holds a directory to an image: every file is there with the right content, and nothing else. Files are read and hashed
 * here; of the image only headers are fetched, and layers whose digest does not tell of which file it is that differs.
 * @throws what readImage and readFolder throw
 */
export async function verify(
  request: ImageRequest & { readonly directory: string },
  signal: AbortSignal,
): Promise<Verification> {
  const folder = await readFolder(request.directory, signal);
  const image = await readImage(request, signal);
  const { added, removed, changed, unchanged } = await compareSides(image, folder, signal);
  const extra = [...added, ...(folder.interruptedPull ? [`${WORK_DIRECTORY}/`] : [])];
  return {
    image: withDigest(image.image),
    digest: image.image.root.digest,
    directory: folder.root,
    verified: removed.length + changed.length + extra.length === 0,
    right: unchanged.length,
    missing: removed,
    differing: changed,
    extra,
  };
}
