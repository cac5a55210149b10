import { imageManifest, readConfig, readVerified } from '../image/base/documents.ts';
import { platformName } from '../image/base/platform.ts';
import { StowageError } from '../errors.ts';
import { isDigest } from '../oci/digest.ts';
import {
  isIndex,
  parseIndex,
  type Descriptor,
  type ImageConfig,
  type Manifest,
  type Platform,
} from '../oci/manifest.ts';
import type { ImageStore, RangeReader, StoredManifest } from '../oci/target.ts';
import { invalidImage } from './image-error.ts';

/** A store that images are read from file by file. */
export type ReadableStore = ImageStore & RangeReader;

/** An image of one platform. */
export interface OpenedImage {
  readonly store: ReadableStore;
  /** As it was asked for: `registry.example.com/team/bert:v3`. */
  readonly name: string;
  /** What the tag names: the index where there are several platforms, else the manifest. */
  readonly root: Descriptor;
  /** Those that the index lists, or the one that the config states. */
  readonly platforms: readonly string[];
  /** The one that is read. */
  readonly platform: string;
  readonly manifest: Manifest;
  /** Of `manifest`. */
  readonly descriptor: Descriptor;
  readonly config: ImageConfig;
}

export interface ImageRequest {
  readonly store: ReadableStore;
  /** A tag or digest in the store. */
  readonly tag: string;
  /** `os/architecture[/variant]`. Default: the first that is listed. */
  readonly platform?: string | undefined;
}

/**
 * Reads what an image consists of; nothing of its layers.
 * @throws ImageNotFound, ImageInvalid, UsageInvalid for a platform that it does not have, RegistryCorrupt, and what the
 * store throws
 */
export async function openImage(request: ImageRequest, signal: AbortSignal): Promise<OpenedImage> {
  const { store, tag } = request;
  const name = `${store.name}${isDigest(tag) ? '@' : ':'}${tag}`;
  const root = await readVerified(store, tag, signal);
  if (root === undefined) {
    throw new StowageError('ImageNotFound', `there is no image ${name}`, { hint: 'check its name and tag' });
  }
  return asImageError(async () => {
    const chosen = await choose(request, name, root, signal);
    const manifest = imageManifest(name, chosen.stored);
    const config = await readConfig(store, manifest.config, name, signal);
    const platform = chosen.platform ?? platformName(config);
    const platforms = chosen.platforms ?? [platform];
    refuseOther(request, platforms, platform);
    return {
      store,
      name,
      root: root.descriptor,
      platforms,
      platform,
      manifest,
      descriptor: chosen.stored.descriptor,
      config,
    };
  });
}

interface Chosen {
  readonly stored: StoredManifest;
  readonly platform?: string;
  readonly platforms?: readonly string[];
}

async function choose(
  request: ImageRequest,
  name: string,
  root: StoredManifest,
  signal: AbortSignal,
): Promise<Chosen> {
  if (!isIndex(root.descriptor.mediaType)) return { stored: root };
  // Attestations, which BuildKit lists for the platform unknown/unknown, are no images.
  const images = parseIndex(root.bytes, name).manifests.filter(({ platform }) => platform?.os !== 'unknown');
  const platforms = images.map(({ platform }) => nameOf(platform));
  const [first] = images;
  if (first === undefined) throw invalidImage(`${name} is an index of no images`);
  const wanted =
    request.platform === undefined
      ? first
      : images[platforms.findIndex((each) => fits(each, request.platform))];
  if (wanted === undefined) throw noPlatform(name, request.platform, platforms);
  const stored = await readVerified(request.store, wanted.digest, signal);
  if (stored === undefined)
    throw invalidImage(`${name} lists ${wanted.digest} in its index, but that does not exist`);
  return { stored, platform: nameOf(wanted.platform), platforms };
}

function refuseOther(
  { platform: wanted, store, tag }: ImageRequest,
  all: readonly string[],
  platform: string,
): void {
  if (wanted !== undefined && !fits(platform, wanted)) throw noPlatform(`${store.name}:${tag}`, wanted, all);
}

function nameOf(platform: Platform | undefined): string {
  return platform === undefined ? 'unknown' : platformName(platform);
}

/** `linux/arm64` also means the first variant of it. */
function fits(platform: string, wanted: string | undefined): boolean {
  return wanted !== undefined && (platform === wanted || platform.startsWith(`${wanted}/`));
}

function noPlatform(name: string, wanted: string | undefined, platforms: readonly string[]): StowageError {
  const message = `${name} has no image for ${JSON.stringify(wanted)}, only for ${platforms.join(', ')}`;
  return new StowageError('UsageInvalid', message);
}

/** The readers of base images are used here too; what they refuse is then no base. */
export async function asImageError<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StowageError) || error.code !== 'BaseInvalid') throw error;
    throw invalidImage(error.message, error.cause);
  }
}

/** The image's name with the digest of what it names. */
export function withDigest({ name, root }: OpenedImage): string {
  return `${name.replace(/@sha256:[0-9a-f]{64}$/, '')}@${root.digest}`;
}
