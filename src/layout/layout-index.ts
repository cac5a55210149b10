import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { atomicWrite } from '../files/atomic-write.ts';
import { withLock } from '../files/lock.ts';
import type { Digest } from '../oci/digest.ts';
import { MAX_MANIFEST_BYTES, MEDIA, parseIndex, type Descriptor, type Index } from '../oci/manifest.ts';

/** The annotation by which a layout's index.json names a tag (image-spec, annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';
const LAYOUT_FILE = '{"imageLayoutVersion":"1.0.0"}';
/** Two builds into one layout meet here for milliseconds; longer means something is wrong. */
const LOCK_WAIT_MS = 10_000;

/** The two files beside the blobs of a layout: `oci-layout`, which marks it, and `index.json`, which holds the tags. */
export class LayoutIndex {
  readonly #directory: string;
  readonly #path: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, 'index.json');
  }

  async byTag(tag: string): Promise<Descriptor | undefined> {
    return (await this.#read()).manifests.find((entry) => entry.annotations?.[REF_NAME] === tag);
  }

  async byDigest(digest: Digest): Promise<Descriptor | undefined> {
    return (await this.#read()).manifests.find((entry) => entry.digest === digest);
  }

  /** Points the tag at the manifest; what it pointed at before stays under its digest. */
  async tag(manifest: Descriptor, tag: string): Promise<void> {
    await withLock(
      join(this.#directory, '.stowage.lock'),
      { waitMs: LOCK_WAIT_MS, what: this.#path },
      async () => {
        const index = await this.#read();
        const others = index.manifests.filter((entry) => entry.annotations?.[REF_NAME] !== tag);
        const entry = { ...manifest, annotations: { ...manifest.annotations, [REF_NAME]: tag } };
        await atomicWrite(join(this.#directory, 'oci-layout'), LAYOUT_FILE);
        await atomicWrite(this.#path, JSON.stringify({ ...index, manifests: [...others, entry] }));
      },
    );
  }

  async #read(): Promise<Index> {
    try {
      const { size } = await stat(this.#path);
      if (size > MAX_MANIFEST_BYTES)
        throw new StowageError('LayoutInvalid', `${this.#path} is too large: ${size} bytes`);
      return parseIndex(await readFile(this.#path), this.#path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return { schemaVersion: 2, mediaType: MEDIA.index, manifests: [] };
      throw new StowageError(
        'LayoutInvalid',
        `${this.#directory} is not a usable OCI image layout: ${messageOf(error)}`,
        {
          hint: 'Name an empty or new directory, or an existing layout.',
          cause: error,
        },
      );
    }
  }
}
