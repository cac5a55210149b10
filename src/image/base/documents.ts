import { messageOf, StowageError } from '../../errors.ts';
import { digestOf, isDigest } from '../../oci/digest.ts';
import {
  MAX_MANIFEST_BYTES,
  MEDIA,
  parseImageConfig,
  parseManifest,
  type Descriptor,
  type ImageConfig,
  type Manifest,
} from '../../oci/manifest.ts';
import type { ImageStore, StoredManifest } from '../../oci/target.ts';
import { invalidBase } from './error.ts';

const IMAGE_MANIFESTS: readonly string[] = [MEDIA.manifest, MEDIA.dockerManifest];
const IMAGE_CONFIGS: readonly string[] = [MEDIA.config, MEDIA.dockerConfig];
/** Docker's manifests from before 2015, which name no config and whose layers are no plain list of blobs. */
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/** Reads a manifest or index and checks it against its digest. Undefined where the store has none. @throws RegistryCorrupt */
export async function readVerified(
  store: ImageStore,
  tagOrDigest: string,
  signal: AbortSignal,
): Promise<StoredManifest | undefined> {
  const stored = await store.readManifest(tagOrDigest, signal);
  if (stored === undefined) return undefined;
  const expected = isDigest(tagOrDigest) ? tagOrDigest : stored.descriptor.digest;
  const found = digestOf(stored.bytes);
  if (found === expected && found === stored.descriptor.digest) return stored;
  throw new StowageError(
    'RegistryCorrupt',
    `${store.name} answered with ${found} when asked for the manifest ${expected}`,
  );
}

/** `what` names the manifest in messages. @throws BaseInvalid when it is no image's. */
export function imageManifest(what: string, { descriptor, bytes }: StoredManifest): Manifest {
  if (SCHEMA_1.test(descriptor.mediaType)) {
    throw invalidBase(`${what} is in Docker's schema 1 format, which runtimes no longer read`);
  }
  if (!IMAGE_MANIFESTS.includes(descriptor.mediaType)) {
    throw invalidBase(
      `${what} is of type ${JSON.stringify(descriptor.mediaType)}, which is no image manifest`,
    );
  }
  const manifest = understood(() => parseManifest(bytes, what));
  if (IMAGE_CONFIGS.includes(manifest.config.mediaType)) return manifest;
  throw invalidBase(
    `${what} is no image but an artifact: its config is of type ${JSON.stringify(manifest.config.mediaType)}`,
  );
}

/** @throws BaseInvalid when it is no image config, or larger than one may be. */
export async function readConfig(
  store: ImageStore,
  config: Descriptor,
  what: string,
  signal: AbortSignal,
): Promise<ImageConfig> {
  if (config.size > MAX_MANIFEST_BYTES) {
    throw invalidBase(
      `${what} has a config of ${config.size} bytes, more than the ${MAX_MANIFEST_BYTES} we read`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBlob(config, signal)) chunks.push(chunk.slice());
  return understood(() => parseImageConfig(Buffer.concat(chunks), `the config of ${what}`));
}

/** What cannot be understood in a base is the base's fault, not the registry's. */
export function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw invalidBase(messageOf(cause), cause);
  }
}
