import { StowageError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { isIndex, parseIndex, type Platform } from '../oci/manifest.ts';
import type { ImageStore, StoredManifest } from '../oci/target.ts';
import { imageManifest, readConfig, readVerified, understood } from './base/documents.ts';
import { invalidBase } from './base/error.ts';
import { MAX_UNPACKED_BYTES, refuseModels } from './base/layers.ts';
import { basePlatform, platformName, type BasePlatform } from './base/platform.ts';
import { firstOfEachPlatform, imagesIn } from './base/select.ts';

export type { BasePlatform } from './base/platform.ts';

/** An image that ours is put on top of. */
export interface BaseImage {
  /** What it can be pulled by; undefined for an image layout, whose path means nothing on another machine. */
  readonly reference: string | undefined;
  /** Of the index where it has one, else of its manifest. */
  readonly digest: Digest;
  /** At least one, in the order of the base's index, each platform once. */
  readonly platforms: readonly BasePlatform[];
}

/** A manifest of the base and the platform that an index gives it. */
interface Candidate {
  readonly what: string;
  readonly stored: StoredManifest;
  readonly platform: Platform | undefined;
}

/**
 * Reads a base image: its documents, and the names in its layers, since a base that has /models or /kubedl-model
 * would mix its files with the model's. Nothing is unpacked to disk, and memory does not grow with the layers.
 * @param maxUnpacked bytes that all its layers may have unpacked.
 * @throws BaseNotFound; BaseInvalid; RegistryCorrupt; and what the store throws.
 */
export async function resolveBase(
  store: ImageStore,
  tagOrDigest: string,
  signal: AbortSignal,
  maxUnpacked: number = MAX_UNPACKED_BYTES,
): Promise<BaseImage> {
  const name = `${store.name}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`;
  const root = await readVerified(store, tagOrDigest, signal);
  if (root === undefined) {
    throw new StowageError('BaseNotFound', `there is no base image ${name}`, {
      hint: 'check its name and tag',
    });
  }
  const platforms: BasePlatform[] = [];
  for await (const { what, stored, platform } of candidates(store, `the base image ${name}`, root, signal)) {
    const manifest = imageManifest(what, stored);
    const config = await readConfig(store, manifest.config, what, signal);
    platforms.push(basePlatform(what, platform, manifest, config));
  }
  const distinct = firstOfEachPlatform(platforms);
  await refuseModels({ store, what: `the base image ${name}`, maxUnpacked, signal }, distinct);
  return {
    reference: store.name.startsWith('oci:') ? undefined : name,
    digest: root.descriptor.digest,
    platforms: distinct,
  };
}

async function* candidates(
  store: ImageStore,
  what: string,
  root: StoredManifest,
  signal: AbortSignal,
): AsyncGenerator<Candidate> {
  if (!isIndex(root.descriptor.mediaType)) {
    yield { what, stored: root, platform: undefined };
    return;
  }
  const index = understood(() => parseIndex(root.bytes, what));
  for (const { digest, platform } of imagesIn(index, what)) {
    const child = platform === undefined ? `${what}, ${digest}` : `${what} for ${platformName(platform)}`;
    const stored = await readVerified(store, digest, signal);
    if (stored === undefined)
      throw invalidBase(`${child} is listed in its index, but ${digest} does not exist`);
    yield { what: child, stored, platform };
  }
}
