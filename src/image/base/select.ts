import type { Descriptor, Index } from '../../oci/manifest.ts';
import { invalidBase } from './error.ts';
import { platformName, type BasePlatform } from './platform.ts';

/** The most that official images have is around a dozen; each costs two requests and the reading of its layers. */
const MAX_PLATFORMS = 64;

/**
 * The images of a base's index that a model can lie on: those for Linux, whose layers are plain trees of files.
 * Attestations, which BuildKit lists for the platform unknown/unknown, are no images.
 * @throws BaseInvalid when none is left, or there are more than 64.
 */
export function imagesIn(index: Index, what: string): Descriptor[] {
  const images = index.manifests.filter(({ platform }) => platform === undefined || platform.os === 'linux');
  if (images.length === 0) {
    const others = index.manifests.slice(0, MAX_PLATFORMS).flatMap(({ platform }) => platform ?? []);
    throw invalidBase(
      `${what} has no image for Linux, only for: ${others.map(platformName).join(', ') || 'nothing'}`,
    );
  }
  if (images.length > MAX_PLATFORMS) {
    throw invalidBase(`${what} has ${images.length} images; more than ${MAX_PLATFORMS} are not read`);
  }
  return images;
}

/** One image for each platform, the first that is listed, which is the one that runtimes take. */
export function firstOfEachPlatform(platforms: readonly BasePlatform[]): BasePlatform[] {
  const seen = new Map<string, BasePlatform>();
  for (const image of platforms) {
    const name = platformName(image.platform);
    if (!seen.has(name)) seen.set(name, image);
  }
  return [...seen.values()];
}
