import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWrite, temporaryName, writeError } from '../files/atomic-write.ts';
import type { BlobResult, BlobSource } from '../oci/blob.ts';
import { digestOf, hexOf, isDigest, type Digest } from '../oci/digest.ts';
import { MAX_MANIFEST_BYTES, type Descriptor } from '../oci/manifest.ts';
import type { StoredManifest, Target, WriteOptions } from '../oci/target.ts';
import { asPromised } from '../oci/promised.ts';
import { verified } from '../oci/verified.ts';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { LayoutIndex } from './layout-index.ts';

/** Opens an OCI image layout (image-spec, image-layout.md), making the directory when the first blob is written. */
export function openLayout(directory: string): Target {
  return new Layout(directory);
}

class Layout implements Target {
  readonly name: string;
  readonly #blobs: string;
  readonly #index: LayoutIndex;

  constructor(directory: string) {
    this.name = `oci:${directory}`;
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
      descriptor: { mediaType: entry?.mediaType ?? mediaTypeOf(bytes), digest, size: bytes.length },
      bytes,
    };
  }

  readBlob(blob: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return verified(this.#chunks(blob, signal), blob, this.name);
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

  async hasBlob(digest: Digest): Promise<boolean> {
    try {
      return (await stat(this.#path(digest))).isFile();
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
      throw error;
    }
  }

  async writeBlob(source: BlobSource, options: WriteOptions): Promise<BlobResult> {
    const temporary = temporaryName(join(this.#blobs, 'blob'));
    try {
      await mkdir(this.#blobs, { recursive: true });
      const result = await writeStream(temporary, source, options);
      await rename(temporary, this.#path(result.digest));
      return result;
    } catch (error) {
      await rm(temporary, { force: true });
      if (options.signal.aborted) throw error;
      throw writeError(error, `${source.name} in ${this.name}`, 'LayoutInvalid');
    }
  }

  async writeManifest(mediaType: string, bytes: Uint8Array, options: { tag?: string }): Promise<Descriptor> {
    const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    try {
      await atomicWrite(this.#path(descriptor.digest), bytes);
      if (options.tag !== undefined) await this.#index.tag(descriptor, options.tag);
    } catch (error) {
      throw writeError(error, `the manifest in ${this.name}`, 'LayoutInvalid');
    }
    return descriptor;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #path(digest: Digest): string {
    return join(this.#blobs, hexOf(digest));
  }

  async #readWhole(digest: Digest): Promise<Uint8Array | undefined> {
    try {
      const path = this.#path(digest);
      const { size } = await stat(path);
      if (size > MAX_MANIFEST_BYTES)
        throw new StowageError('LayoutInvalid', `${digest} in ${this.name} is too large for a manifest`);
      return await readFile(path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }
}

async function writeStream(path: string, source: BlobSource, options: WriteOptions): Promise<BlobResult> {
  const stream = source.open(options.signal);
  const file = await open(path, 'wx');
  try {
    for await (const chunk of stream) {
      options.signal.throwIfAborted();
      await file.appendFile(chunk);
      options.onBytes?.(chunk.length);
    }
  } finally {
    await file.close();
  }
  return asPromised(source, stream.result());
}

/** A manifest that no index entry describes says its media type itself. */
function mediaTypeOf(bytes: Uint8Array): string {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof document === 'object' && document !== null && 'mediaType' in document)
      return String(document.mediaType);
  } catch (error) {
    throw new StowageError('LayoutInvalid', `a manifest cannot be understood: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return '';
}

function corrupt(name: string, digest: Digest): StowageError {
  return new StowageError('RegistryCorrupt', `${name} holds other bytes under ${digest}`);
}
