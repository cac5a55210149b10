import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA, type Descriptor } from '../../../src/oci/manifest.ts';
import type { MemoryStore } from './memory-store.ts';
import { directoryMember, fileMember, tarOf } from './tar.ts';

/** What a base with a shell has, in small. */
export const ROOTFS = tarOf([
  directoryMember('bin'),
  fileMember('bin/sh', 'a shell'),
  fileMember('etc/passwd', 'root'),
]);

export interface TestLayer {
  /** As stored. */
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** Before compression. Default: the bytes as stored. */
  readonly tar?: Uint8Array;
}

export interface TestImage {
  readonly layers?: readonly TestLayer[];
  /** Members of the config to add or replace. */
  readonly config?: Record<string, unknown>;
  readonly manifestType?: string;
  readonly configType?: string;
  readonly tag?: string;
}

export const PLAIN: TestLayer = { bytes: ROOTFS, mediaType: MEDIA.layer };

/** Stores an image for linux/amd64 of one plain layer, but for what is asked for. */
export function addImage(store: MemoryStore, image: TestImage = {}): Descriptor {
  const { layers = [PLAIN], manifestType = MEDIA.manifest, configType = MEDIA.config } = image;
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ bytes, tar = bytes }) => digestOf(tar)) },
    ...image.config,
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: store.addJson(configType, config),
    layers: layers.map(({ bytes, mediaType }) => store.addBlob(mediaType, bytes)),
  };
  return store.addManifest(manifestType, manifest, image.tag);
}

export function addIndex(
  store: MemoryStore,
  manifests: readonly unknown[],
  tag: string,
  mediaType: string = MEDIA.index,
): Descriptor {
  return store.addManifest(mediaType, { schemaVersion: 2, mediaType, manifests }, tag);
}
