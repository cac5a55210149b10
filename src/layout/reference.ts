import { StowageError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { isTag } from '../oci/tag.ts';

/** An image in an OCI image layout: `oci:DIRECTORY[:tag][@digest]`. */
export interface LayoutReference {
  /** As given; relative paths are relative to the working directory. */
  readonly directory: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

export const LAYOUT_PREFIX = 'oci:';

/** A directory may have an `@` in its name; with this behind it in the last component, a digest is meant. */
const DIGEST_MARK = '@sha256:';

/** A colon in the last path component separates the tag: a directory whose name has one needs a tag behind it. @throws UsageInvalid */
export function parseLayoutReference(text: string): LayoutReference {
  const [rest, digest] = splitDigest(text.slice(LAYOUT_PREFIX.length));
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  const directory = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (!text.startsWith(LAYOUT_PREFIX) || directory === '' || directory.includes('\0')) {
    throw new StowageError('UsageInvalid', `${JSON.stringify(text)} names no OCI image layout`, {
      hint: 'Write oci:DIRECTORY or oci:DIRECTORY:TAG.',
    });
  }
  if (tag !== undefined && !isTag(tag)) {
    throw new StowageError('UsageInvalid', `${JSON.stringify(tag)} is not a tag`, {
      hint: 'A tag has up to 128 letters, digits, dots, dashes and underscores, and starts with a letter, digit or underscore.',
    });
  }
  return { directory, tag, digest };
}

function splitDigest(text: string): [string, Digest | undefined] {
  const mark = text.indexOf(DIGEST_MARK, text.lastIndexOf('/') + 1);
  if (mark < 0) return [text, undefined];
  const digest = text.slice(mark + 1);
  if (!isDigest(digest)) {
    throw new StowageError('UsageInvalid', `${JSON.stringify(digest)} is not a digest`, {
      hint: 'A digest is "sha256:" and 64 lower-case hexadecimal digits.',
    });
  }
  return [text.slice(0, mark), digest];
}
