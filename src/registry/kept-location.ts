import type { Repository } from './repository.ts';

/** A registry's own state in it has some hundred characters; what is longer is not worth keeping. */
const MAX_LOCATION = 8 * 1024;

/** Slashes and dots that some servers read as such, though they are written otherwise: they could lead out. */
const ENCODED = /%(2f|5c|2e)/i;

type Addresses = Pick<Repository, 'url' | 'owns'>;

/**
 * Whether the address of an upload may be remembered, and be gone on with when it was. Who may write a pod's log or a file
 * of this machine could put any address there, and requests to it carry our credentials: it must be the registry's own and
 * that of an upload to this repository (`/v2/NAME/blobs/uploads/…`; GitHub leaves out the second "s"). One elsewhere may
 * carry a signature, which is a secret.
 */
export function mayBeKept(repository: Addresses, url: URL): boolean {
  const uploads = repository.url('blobs/upload').pathname;
  const { pathname, href } = url;
  const isUpload = pathname.startsWith(uploads) && !ENCODED.test(pathname);
  return repository.owns(url) && isUpload && href.length <= MAX_LOCATION;
}

/** An address that was remembered; undefined where it is none that may be. */
export function keptLocation(repository: Addresses, location: string): URL | undefined {
  const url = URL.parse(location);
  return url !== null && mayBeKept(repository, url) ? url : undefined;
}
