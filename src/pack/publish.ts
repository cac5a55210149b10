import type { Document } from '../image/document.ts';
import type { Image } from '../image/image.ts';
import type { Target } from '../oci/target.ts';
import { readPrevious, tagExists } from './previous.ts';
import { documentSource } from './stored-blobs.ts';

export interface Publication {
  readonly target: Target;
  readonly tag: string;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}

/**
 * Stores an image's documents, whose layers the target has, in the order that registries demand: configs, the
 * manifests that name them, then what the tag names.
 * @throws TagExists where the tag has other content and may not be moved
 */
export async function publish(image: Image, to: Publication): Promise<void> {
  const { target, tag, signal } = to;
  if (!to.overwrite) {
    // Asked again: the build may have taken hours.
    const present = await readPrevious(target, tag, signal);
    if (present !== undefined && present.digest !== image.root.descriptor.digest)
      throw tagExists(target, tag, present.digest);
  }
  for (const { config, manifest } of image.platforms) {
    await target.writeBlob(documentSource('the config of the image', config.bytes), { signal });
    if (manifest !== image.root) await store(target, manifest, signal);
  }
  signal.throwIfAborted();
  // Once it is on its way, an interruption could not tell whether the tag has moved. It takes a moment; let it end.
  await store(target, image.root, new AbortController().signal, tag);
}

async function store(target: Target, document: Document, signal: AbortSignal, tag?: string): Promise<void> {
  const options = tag === undefined ? { signal } : { tag, signal };
  await target.writeManifest(document.descriptor.mediaType, document.bytes, options);
}
