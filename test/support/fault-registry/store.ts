import { digestOf, isDigest, type Digest } from '../../../src/oci/digest.ts';

export interface StoredDocument {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An upload that was opened and neither finished nor cancelled. */
export interface Upload {
  readonly repository: string;
  bytes: Buffer;
}

/** What a registry holds, in memory. */
export class Store {
  /** Whether it lists what is about an image, as registries of before 2024 do not. */
  listsReferrers = false;
  /** Whether it gives parts of blobs. */
  givesRanges = true;
  readonly uploads = new Map<string, Upload>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, StoredDocument>();
  #ids = 0;

  blob(repository: string, digest: string): Buffer | undefined {
    return this.#blobs.get(`${repository}@${digest}`);
  }

  putBlob(repository: string, digest: string, bytes: Buffer): void {
    this.#blobs.set(`${repository}@${digest}`, bytes);
  }

  /** By tag or digest. */
  manifest(repository: string, reference: string): StoredDocument | undefined {
    return this.#manifests.get(`${repository}@${reference}`);
  }

  putManifest(repository: string, reference: string, document: StoredDocument): Digest {
    const digest = digestOf(document.bytes);
    this.#manifests.set(`${repository}@${digest}`, document);
    this.#manifests.set(`${repository}@${reference}`, document);
    return digest;
  }

  /** All manifests of a repository, each once. */
  manifestsIn(repository: string): Buffer[] {
    const keys = [...this.#manifests.keys()].filter((key) => key.startsWith(`${repository}@sha256:`));
    return keys.flatMap((key) => this.#manifests.get(key)?.bytes ?? []);
  }

  /** A blob is gone. */
  dropBlob(repository: string, digest: string): void {
    this.#blobs.delete(`${repository}@${digest}`);
  }

  hasRepository(repository: string): boolean {
    return [...this.#blobs.keys(), ...this.#manifests.keys()].some((key) => key.startsWith(`${repository}@`));
  }

  /** All tags of all repositories, as `repository:tag`. */
  get tags(): string[] {
    const names = [...this.#manifests.keys()].map((key) => key.split('@') as [string, string]);
    return names.filter(([, reference]) => !isDigest(reference)).map((name) => name.join(':'));
  }

  get blobCount(): number {
    return this.#blobs.size;
  }

  openUpload(repository: string): string {
    const id = `upload-${++this.#ids}`;
    this.uploads.set(id, { repository, bytes: Buffer.alloc(0) });
    return id;
  }

  append(id: string, bytes: Buffer): void {
    const upload = this.uploads.get(id);
    if (upload !== undefined) upload.bytes = Buffer.concat([upload.bytes, bytes]);
  }

  /** Bytes that an upload has. */
  sizeOf(id: string): number {
    return this.uploads.get(id)?.bytes.length ?? 0;
  }
}
