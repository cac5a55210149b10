import { createReadStream } from 'node:fs';
import { readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError } from '../files/atomic-write.ts';
import type { BlobResult, BlobSource } from '../oci/blob.ts';
import { digestOf, hexOf, isDigest, type Digest } from '../oci/digest.ts';
import { MAX_MANIFEST_BYTES, MEDIA, type Descriptor } from '../oci/manifest.ts';
import { mediaTypeIn } from '../oci/media-type.ts';
import type {
  RangeReader,
  Referrer,
  ReferrerStore,
  StoredManifest,
  Target,
  WriteOptions,
} from '../oci/target.ts';
import { asPromised } from '../oci/promised.ts';
import { verified } from '../oci/verified.ts';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { prepareLayout, syncNames } from './directory.ts';
import { LayoutIndex } from './layout-index.ts';
import { writeWhole } from './partial.ts';
import { readFileRange } from './range.ts';

/** Opens an OCI image layout (image-spec, image-layout.md), making the directory when the first blob is written. */
export function openLayout(directory: string): Target & ReferrerStore & RangeReader {
  return new Layout(directory);
}

class Layout implements Target, ReferrerStore, RangeReader {
  readonly name: string;
  readonly #directory: string;
  readonly #blobs: string;
  readonly #index: LayoutIndex;
  #prepared: Promise<void> | undefined;

  constructor(directory: string) {
    this.name = `oci:${directory}`;
    this.#directory = directory;
    this.#blobs = join(directory, 'blobs', 'sha256');
    this.#index = new LayoutIndex(directory);
  }

  async readManifest(tagOrDigest: string): Promise<StoredManifest | undefined> {
    const entry = isDigest(tagOrDigest)
      ? await this.#index.byDigest(tagOrDigest)
      : await this.#index.byTag(tagOrDigest);
    const digest = entry?.digest ?? (isDigest(tagOrDigest) ? tagOrDigest : undefined);
    const bytes = digest === undefined ? undefined : await this.#readWhole(digest);
    if (digest === undefined || bytes === undefined) return undefined;
    if (digestOf(bytes) !== digest) throw corrupt(this.name, digest);
    return {
      descriptor: { mediaType: entry?.mediaType ?? mediaTypeIn(bytes) ?? '', digest, size: bytes.length },
      bytes,
    };
  }

  readBlob(blob: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return verified(this.#chunks(blob, signal), blob, this.name);
  }

  readRange(blob: Descriptor, from: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return readFileRange({ path: this.#path(blob.digest), blob, from, length, where: this.name }, signal);
  }

  async *#chunks(blob: Descriptor, signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* createReadStream(this.#path(blob.digest), { signal }) as AsyncIterable<Buffer>;
    } catch (error) {
      if (signal.aborted) throw error;
      throw new StowageError(
        'LayoutInvalid',
        `${this.name} cannot give ${blob.digest}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  async hasBlob(digest: Digest, _signal: AbortSignal, size?: number): Promise<boolean> {
    try {
      const found = await stat(this.#path(digest));
      // Not every tool that writes layouts sees to it that a loss of power leaves whole files.
      return found.isFile() && (size === undefined || found.size === size);
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
      throw error;
    }
  }

  async writeBlob(source: BlobSource, options: WriteOptions): Promise<BlobResult> {
    try {
      return await this.#write((file) => writeStream(file, source, options));
    } catch (error) {
      if (options.signal.aborted) throw error;
      throw writeError(error, `${source.name} in ${this.name}`, 'LayoutInvalid');
    }
  }

  async writeManifest(mediaType: string, bytes: Uint8Array, options: { tag?: string }): Promise<Descriptor> {
    const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    try {
      await this.#write(async (file) => {
        await file.writeFile(bytes);
        return descriptor;
      });
      if (options.tag === undefined) return descriptor;
      await syncNames(this.#blobs);
      await this.#index.tag(descriptor, options.tag);
    } catch (error) {
      throw writeError(error, `the manifest in ${this.name}`, 'LayoutInvalid');
    }
    return descriptor;
  }

  /** None is listed: tools that copy a layout expect to find in its index.json the images alone. */
  listReferrers(): Promise<readonly Descriptor[]> {
    return Promise.resolve([]);
  }

  writeReferrer({ bytes }: Referrer): Promise<Descriptor> {
    return this.writeManifest(MEDIA.manifest, bytes, {});
  }

  async readSmallBlob(digest: Digest, limit: number): Promise<Uint8Array | undefined> {
    const bytes = await this.#readWhole(digest, limit);
    if (bytes !== undefined && digestOf(bytes) !== digest) throw corrupt(this.name, digest);
    return bytes;
  }

  /** Partial files lie in the layout's own directory: umoci takes every name among the blobs for a digest. */
  async #write<T extends { digest: Digest }>(write: (file: FileHandle) => Promise<T>): Promise<T> {
    await (this.#prepared ??= prepareLayout(this.#directory));
    return writeWhole(this.#directory, write, ({ digest }) => this.#path(digest));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #path(digest: Digest): string {
    return join(this.#blobs, hexOf(digest));
  }

  async #readWhole(digest: Digest, limit = MAX_MANIFEST_BYTES): Promise<Uint8Array | undefined> {
    try {
      const path = this.#path(digest);
      const { size } = await stat(path);
      if (size > limit)
        throw new StowageError('LayoutInvalid', `${digest} in ${this.name} has more than ${limit} bytes`);
      return await readFile(path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }
}

async function writeStream(file: FileHandle, source: BlobSource, options: WriteOptions): Promise<BlobResult> {
  const stream = source.open(options.signal);
  for await (const chunk of stream) {
    options.signal.throwIfAborted();
    await file.appendFile(chunk);
    options.onBytes?.(chunk.length);
    options.onSent?.(chunk.length);
  }
  return asPromised(source, stream.result());
}

function corrupt(name: string, digest: Digest): StowageError {
  return new StowageError('RegistryCorrupt', `${name} holds other bytes under ${digest}`);
}
