import { resolve } from 'node:path';
import { openLayout } from '../layout/layout.ts';
import { LAYOUT_PREFIX, parseLayoutReference } from '../layout/reference.ts';
import type { Target } from '../oci/target.ts';
import { openRegistry } from '../registry/client.ts';
import { parseReference } from '../registry/reference.ts';
import type { Access } from '../registry/repository.ts';

/** The tag where a reference has none, as everywhere in this field. */
const DEFAULT_TAG = 'latest';

export interface OpenOptions {
  /** Talk HTTP also to registries that are not on this machine. */
  readonly plainHttp: boolean;
  /** A PEM file with authorities to trust besides the system's. */
  readonly caFile?: string;
  /** `pull` for what is only read. Default: `pull,push`. */
  readonly access?: Access;
}

/** A target, opened, and what in it is meant. */
export interface Place {
  readonly target: Target;
  /** A tag, or a digest where the reference has one. */
  readonly tag: string;
  /** Of a layout: its directory, an absolute path. */
  readonly directory: string | undefined;
  /** On a registry: the repository's name, by which its blobs can be mounted elsewhere on the same host. */
  readonly repository: { readonly host: string; readonly name: string } | undefined;
}

/**
 * Opens `host[:port]/repository[:tag|@digest]` or `oci:DIRECTORY[:tag|@digest]`; nothing is asked of a server yet.
 * @throws UsageInvalid when the reference is neither
 */
export async function openPlace(reference: string, options: OpenOptions): Promise<Place> {
  if (reference.startsWith(LAYOUT_PREFIX)) {
    const { directory: given, tag, digest } = parseLayoutReference(reference);
    const directory = resolve(given);
    return {
      target: openLayout(directory),
      tag: digest ?? tag ?? DEFAULT_TAG,
      directory,
      repository: undefined,
    };
  }
  const parsed = parseReference(reference);
  const target = await openRegistry(parsed, options);
  return {
    target,
    tag: parsed.digest ?? parsed.tag ?? DEFAULT_TAG,
    directory: undefined,
    repository: { host: parsed.host, name: parsed.repository },
  };
}

/** The `host[:port]` of the registry that a reference names. @returns undefined for a layout @throws UsageInvalid */
export function registryHost(reference: string): string | undefined {
  return reference.startsWith(LAYOUT_PREFIX) ? undefined : parseReference(reference).host;
}
