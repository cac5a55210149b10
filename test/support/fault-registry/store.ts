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
}
