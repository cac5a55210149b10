import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA } from '../../../src/oci/manifest.ts';
import type { Store } from './store.ts';

interface Document {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
  readonly subject?: { readonly digest: string };
}

/** The header of the answer to a manifest that has a subject, where the registry lists it under that. */
export function subjectHeader(store: Store, manifest: Buffer): Record<string, string> {
  const { subject } = JSON.parse(manifest.toString()) as Document;
  return store.listsReferrers && subject !== undefined ? { 'oci-subject': subject.digest } : {};
}

/** The list of what is about an image (distribution-spec, "Listing Referrers"). */
export function referrersOf(store: Store, repository: string, subject: string): Buffer {
  const manifests = store.manifestsIn(repository).flatMap((bytes) => {
    const document = JSON.parse(bytes.toString()) as Document;
    if (document.subject?.digest !== subject) return [];
    const { mediaType, artifactType, annotations } = document;
    return [{ mediaType, digest: digestOf(bytes), size: bytes.length, artifactType, annotations }];
  });
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.index, manifests }));
}
