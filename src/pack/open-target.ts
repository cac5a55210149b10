import { resolve } from 'node:path';
import { openLayout } from '../layout/layout.ts';
import { LAYOUT_PREFIX, parseLayoutReference } from '../layout/reference.ts';
import type { KeptUploads } from '../oci/kept-uploads.ts';
import type { Target } from '../oci/target.ts';
import { openRegistry } from '../registry/client.ts';
import { parseReference } from '../registry/reference.ts';
import type { Access } from '../registry/repository.ts';

/** The tag where a reference has none, as everywhere in this field. */
const DEFAULT_TAG = 'latest';

export interface OpenOptions {
  /**
   * Talk HTTP also to registries that are not on this machine: to the one that is meant, or to those of a list of
   * `host[:port]`.
   */
  readonly plainHttp: boolean | readonly string[];
  /** A PEM file with authorities to trust besides the system's. */
  readonly caFile?: string;
  /** The same as PEM text. */
  readonly authorities?: string;
  /** Files with credentials that count instead of the user's own, the first that has some for a host. */
  readonly authFiles?: readonly string[];
  /** `pull` for what is only read. Default: `pull,push`. */
  readonly access?: Access;
  /** Where uploads to registries are remembered that this process does not finish. Default: nowhere. */
  readonly uploads?: KeptUploads;
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
  const plainHttp = isPlainHttp(parsed.host, options.plainHttp);
  const target = await openRegistry(parsed, { ...options, plainHttp });
  return {
    target,
    tag: parsed.digest ?? parsed.tag ?? DEFAULT_TAG,
    directory: undefined,
    repository: { host: parsed.host, name: parsed.repository },
  };
}

/** Hosts are written in any case; a parsed one is in lower case. */
function isPlainHttp(host: string, plainHttp: OpenOptions['plainHttp']): boolean {
  if (typeof plainHttp === 'boolean') return plainHttp;
  return plainHttp.some((each) => each.toLowerCase() === host);
}

/** The `host[:port]` of the registry that a reference names. @returns undefined for a layout @throws UsageInvalid */
function registryHost(reference: string): string | undefined {
  return reference.startsWith(LAYOUT_PREFIX) ? undefined : parseReference(reference).host;
}

/**
 * How to open an image that is only read on the way to a target.
 *
 * That the target's registry is spoken to without TLS says nothing about another one, whose credentials would be sent
 * for all to read. Where the target is a layout, that other one is the one that was meant.
 */
export function openForReading(reference: string, to: Place, open: OpenOptions): OpenOptions {
  const meant = to.repository === undefined || to.repository.host === registryHost(reference);
  const plainHttp = typeof open.plainHttp === 'boolean' ? open.plainHttp && meant : open.plainHttp;
  return { ...open, plainHttp, access: 'pull' };
}
