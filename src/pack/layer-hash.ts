import { createHash } from 'node:crypto';
import { filePlaces, type FilePlace } from '../image/file-list.ts';
import type { PlannedLayer } from '../image/plan.ts';
import type { BlobResult } from '../oci/blob.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * The hash of a layer, and of each file in it where there are several. It knows how far it has come, so that several
 * readings can share it: what lies before is not hashed again.
 */
export class LayerHash {
  readonly #whole = createHash('sha256');
  readonly #files: FileHashes | undefined;
  #position = 0;

  constructor(layer: PlannedLayer) {
    // Of a single file there is no second hash: it would cost as much as the first, over all the weights.
    this.#files = layer.files > 1 ? new FileHashes(filePlaces(layer)) : undefined;
  }

  /** Number of bytes that were hashed, from the first on. */
  get position(): number {
    return this.#position;
  }

  /** Takes the bytes that lie `at` this byte of the tar; there must be no gap before them. */
  update(at: number, bytes: Uint8Array): void {
    if (at > this.#position) throw new Error(`a gap in a layer's hash: ${this.#position} to ${at}`);
    const fresh = bytes.subarray(this.#position - at);
    if (fresh.length === 0) return;
    this.#whole.update(fresh);
    this.#files?.update(this.#position, fresh);
    this.#position += fresh.length;
  }

  result(): BlobResult {
    const digest: Digest = `sha256:${this.#whole.copy().digest('hex')}`;
    const files = this.#files?.digests();
    return { digest, diffId: digest, size: this.#position, ...(files === undefined ? {} : { files }) };
  }
}

/** Hashes the contents of files out of the bytes of a tar that come in order. */
class FileHashes {
  readonly #contents: readonly FilePlace[];
  readonly #digests = new Map<string, Digest>();
  #hash = createHash('sha256');

  constructor(contents: readonly FilePlace[]) {
    this.#contents = contents;
  }

  update(at: number, bytes: Uint8Array): void {
    for (let content = this.#current(); content !== undefined; content = this.#current()) {
      const from = Math.max(0, content.offset - at);
      const to = content.offset + content.size - at;
      if (from < bytes.length) this.#hash.update(bytes.subarray(from, to));
      if (to > bytes.length) return;
      this.#digests.set(content.path, `sha256:${this.#hash.digest('hex')}`);
      this.#hash = createHash('sha256');
    }
  }

  /** Only after all bytes. */
  digests(): ReadonlyMap<string, Digest> {
    return this.#digests;
  }

  #current(): FilePlace | undefined {
    return this.#contents[this.#digests.size];
  }
}
