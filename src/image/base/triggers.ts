import { isDigest } from '../../oci/digest.ts';
import { isIndex, parseIndex } from '../../oci/manifest.ts';
import type { ImageStore, StoredManifest } from '../../oci/target.ts';
import { StowageError } from '../../errors.ts';
import { imageManifest, readConfig, readVerified, understood } from './documents.ts';
import { invalidBase } from './error.ts';
import { imagesIn } from './select.ts';

/**
 * Refuses a base image that has commands of its own run by whoever builds on it (`ONBUILD` of a Dockerfile, `OnBuild` of
 * the image's config: https://github.com/moby/docker-image-spec/blob/main/spec.md). Our own builder never runs anything.
 * @throws BaseNotFound, BaseInvalid, RegistryCorrupt
 */
export async function refuseTriggers(
  store: ImageStore,
  tagOrDigest: string,
  signal: AbortSignal,
): Promise<void> {
  const name = `${store.name}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`;
  const root = await readVerified(store, tagOrDigest, signal);
  if (root === undefined)
    throw new StowageError('BaseNotFound', `there is no base image ${name}`, {
      hint: 'Check spec.base, and builder.base in the settings of the controller.',
    });
  for (const { what, stored } of await imagesOf(
    store,
    { what: `the base image ${name}`, stored: root },
    signal,
  )) {
    const { config } = await readConfig(store, imageManifest(what, stored).config, what, signal);
    const triggers: unknown = config?.['OnBuild'];
    if (Array.isArray(triggers) && triggers.length > 0)
      throw invalidBase(`${what} has commands that run in every build on it (ONBUILD)`);
  }
}

interface Named {
  readonly what: string;
  readonly stored: StoredManifest;
}

async function imagesOf(store: ImageStore, { what, stored }: Named, signal: AbortSignal): Promise<Named[]> {
  if (!isIndex(stored.descriptor.mediaType)) return [{ what, stored }];
  const found: Named[] = [];
  for (const { digest } of imagesIn(
    understood(() => parseIndex(stored.bytes, what)),
    what,
  )) {
    const child = await readVerified(store, digest, signal);
    if (child === undefined) throw invalidBase(`${what} lists ${digest}, which does not exist`);
    found.push({ what: `${what}, ${digest}`, stored: child });
  }
  return found;
}
