import type { Digest } from '../oci/digest.ts';
import { MEDIA, type Descriptor, type Index, type Manifest, type Platform } from '../oci/manifest.ts';
import { fileListDigest, FILES_ANNOTATION, type ListedFile } from './file-list.ts';
import { makeDocument, type Document } from './document.ts';

/** A layer of ours as it was stored. */
export interface ImageLayer {
  readonly title: string;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Digest of the bytes before compression. */
  readonly diffId: Digest;
  /** Bytes as stored. */
  readonly size: number;
  /** Its files and their digests, where it has several. Of a single file the layer's own digest says enough. */
  readonly listed?: readonly ListedFile[] | undefined;
}

export interface ManifestInput {
  readonly config: Descriptor;
  /** Those of the base first. */
  readonly layers: readonly Descriptor[];
  /** Of the manifest; none when it is empty. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A plain image manifest. It never has an artifactType: runtimes would take the image for something they cannot mount. */
export function buildManifest({ config, layers, annotations }: ManifestInput): Document {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config,
    layers: [...layers],
    ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations } }),
  };
  return makeDocument(MEDIA.manifest, manifest);
}

/** An index over the manifests of several platforms. Its mediaType is written out, since KServe asks for it. */
export function buildIndex(manifests: readonly { manifest: Descriptor; platform: Platform }[]): Document {
  const index: Index = {
    schemaVersion: 2,
    mediaType: MEDIA.index,
    manifests: manifests.map(({ manifest, platform }) => ({ ...manifest, platform })),
  };
  return makeDocument(MEDIA.index, index);
}

/** The file name that `oras pull` gives a layer. */
export const TITLE_ANNOTATION = 'org.opencontainers.image.title';

/** A layer of ours in a manifest. */
export function layerDescriptor({ mediaType, digest, size, title, listed }: ImageLayer): Descriptor {
  const files = listed === undefined ? {} : { [FILES_ANNOTATION]: fileListDigest(listed) };
  return { mediaType, digest, size, annotations: { ...files, [TITLE_ANNOTATION]: title } };
}
