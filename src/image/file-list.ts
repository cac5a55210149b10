import { digestOf, type Digest } from '../oci/digest.ts';
import type { LayerMember } from './bundle.ts';
import { tarHeader, tarPadding } from './tar.ts';

/** The annotation of a layer of several files that pins the list of them: the digest of `fileListText`. */
export const FILES_ANNOTATION = 'model.kubedl.io/files';

/** Where the content of one of the model's files lies in a layer. */
export interface FilePlace {
  /** Relative to the model. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The first byte of the content in the layer's tar. */
  readonly offset: number;
}

export interface ListedFile extends FilePlace {
  /** Of the content. */
  readonly digest: Digest;
}

/**
 * The list of a layer's files as one text: a line `DIGEST SIZE OFFSET PATH` for each in the order of the tar, the path
 * as a JSON string. It is a contract like the bytes of the tar: its digest stands in the manifest, so that a list from
 * anywhere can be held to the image.
 */
export function fileListText(files: readonly ListedFile[]): string {
  return files
    .map(({ digest, size, offset, path }) => `${digest} ${size} ${offset} ${JSON.stringify(path)}\n`)
    .join('');
}

export function fileListDigest(files: readonly ListedFile[]): Digest {
  return digestOf(fileListText(files));
}

/** The files of a planned layer in the order of its tar. */
export function filePlaces({ members }: { readonly members: readonly LayerMember[] }): FilePlace[] {
  const places: FilePlace[] = [];
  let at = 0;
  for (const { entry, file } of members) {
    at += tarHeader(entry).length;
    if (file === undefined) continue;
    places.push({ path: file.path, size: file.size, offset: at });
    at += file.size + tarPadding(file.size);
  }
  return places;
}
