import { StowageError } from '../errors.ts';

/** An image in an OCI image layout: `oci:DIRECTORY[:tag]`. */
export interface LayoutReference {
  /** As given; relative paths are relative to the working directory. */
  readonly directory: string;
  readonly tag: string | undefined;
}

export const LAYOUT_PREFIX = 'oci:';

/** What a tag may look like (OCI distribution-spec, "Pulling manifests"). */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** A colon in the last path component separates the tag: a directory whose name has one needs a tag behind it. @throws UsageInvalid */
export function parseLayoutReference(text: string): LayoutReference {
  const rest = text.slice(LAYOUT_PREFIX.length);
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  const directory = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (!text.startsWith(LAYOUT_PREFIX) || directory === '' || directory.includes('\0')) {
    throw new StowageError('UsageInvalid', `${JSON.stringify(text)} names no OCI image layout`, {
      hint: 'Write oci:DIRECTORY or oci:DIRECTORY:TAG.',
    });
  }
  if (tag !== undefined && !TAG.test(tag)) {
    throw new StowageError('UsageInvalid', `${JSON.stringify(tag)} is not a tag`, {
      hint: 'A tag has up to 128 letters, digits, dots, dashes and underscores, and starts with a letter, digit or underscore.',
    });
  }
  return { directory, tag };
}
