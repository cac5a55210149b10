import type { BlobResult, BlobSource } from '../oci/blob.ts';
import type { Digest } from '../oci/digest.ts';
import type { KeptUploads } from '../oci/kept-uploads.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type {
  BlobMounter,
  RangeReader,
  Referrer,
  ReferrerStore,
  StoredManifest,
  Target,
  UploadKeeper,
  WriteOptions,
} from '../oci/target.ts';
import { hasBlob, mountBlob, readBlob } from './blobs.ts';
import { capabilitiesOf } from './capabilities.ts';
import { isLoopback, originOf } from './host.ts';
import { Http } from './http.ts';
import { readManifest, writeManifest } from './manifests.ts';
import { readRange } from './ranges.ts';
import type { Reference } from './reference.ts';
import { listReferrers, readSmallBlob, writeReferrer } from './referrers.ts';
import { Repository, type Access } from './repository.ts';
import { RETRY_POLICY, type RetryPolicy } from './retry.ts';
import { openTransport, TIMEOUTS, type Timeouts } from './transport.ts';
import { uploadBlob } from './upload.ts';
import { cancelLeftovers } from './upload-leftovers.ts';

export interface RegistryOptions {
  /** Plain HTTP also to hosts other than this machine. Default: false. */
  readonly plainHttp?: boolean;
  /** A PEM file with authorities to trust besides the system's. With it, this machine too is asked by HTTPS. */
  readonly caFile?: string;
  /** The same as PEM text. */
  readonly authorities?: string;
  /** Files with credentials that count instead of the user's own: see CredentialPlaces. */
  readonly authFiles?: readonly string[];
  /** Where proxies and the credentials' files are named. Default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
  /** `pull` for what is only read, such as a base image: nobody need have the right to push there. Default: `pull,push`. */
  readonly access?: Access;
  /** Default: RETRY_POLICY. */
  readonly retry?: RetryPolicy;
  /** Default: TIMEOUTS. */
  readonly timeouts?: Timeouts;
  /** Where uploads are remembered that this process does not finish. Default: nowhere. */
  readonly uploads?: KeptUploads;
  /** Send blobs in chunks of so many bytes. Default: in one request each, unless the registry wants it otherwise. */
  readonly chunkBytes?: number;
}

/**
 * Opens a repository of a registry that speaks the OCI distribution-spec v1.1. Nothing is asked of it yet, and no
 * credentials are looked up before it wants some.
 * @throws UsageInvalid when the CA file or the address of a proxy cannot be used.
 */
export async function openRegistry(
  reference: Pick<Reference, 'host' | 'repository'>,
  options: RegistryOptions = {},
): Promise<Target & BlobMounter & UploadKeeper & ReferrerStore> {
  const { env = process.env, timeouts = TIMEOUTS, caFile, authorities, access = 'pull,push' } = options;
  const { host, repository } = reference;
  const origin = originOf(host, isPlain(host, options));
  const http = new Http(await openTransport(origin, { caFile, authorities, env, timeouts }));
  const policy = options.retry ?? RETRY_POLICY;
  const places = { env, files: options.authFiles };
  return new Registry(
    http,
    new Repository({
      ...{ http, origin, host, repository, access, places, policy, timeouts },
      resumes: capabilitiesOf(host).resumes,
      uploads: options.uploads,
      chunkBytes: options.chunkBytes,
    }),
  );
}

/** Registries on this machine rarely have a certificate; who gives one for them wants TLS. */
function isPlain(host: string, { plainHttp, caFile, authorities }: RegistryOptions): boolean {
  if (plainHttp === true) return true;
  const wantsTls = caFile !== undefined || authorities !== undefined;
  return !wantsTls && isLoopback(originOf(host, false).hostname);
}

class Registry implements Target, BlobMounter, UploadKeeper, ReferrerStore, RangeReader {
  readonly name: string;
  readonly #http: Http;
  readonly #repository: Repository;

  constructor(http: Http, repository: Repository) {
    this.name = repository.name;
    this.#http = http;
    this.#repository = repository;
  }

  readManifest(tagOrDigest: string, signal: AbortSignal): Promise<StoredManifest | undefined> {
    return readManifest(this.#repository, tagOrDigest, signal);
  }

  readBlob(blob: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return readBlob(this.#repository, blob, signal);
  }

  readRange(blob: Descriptor, from: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return readRange(this.#repository, blob, { from, length }, signal);
  }

  hasBlob(
    digest: Digest,
    signal: AbortSignal,
    _size?: number,
    onTrouble?: WriteOptions['onTrouble'],
  ): Promise<boolean> {
    return hasBlob(this.#repository, digest, { signal, onTrouble });
  }

  writeBlob(source: BlobSource, options: WriteOptions): Promise<BlobResult> {
    return uploadBlob(this.#repository, source, options);
  }

  writeManifest(
    mediaType: string,
    bytes: Uint8Array,
    options: { tag?: string; signal: AbortSignal },
  ): Promise<Descriptor> {
    return writeManifest(this.#repository, mediaType, bytes, options);
  }

  mountBlob(
    blob: Descriptor,
    fromRepository: string,
    signal: AbortSignal,
    onTrouble?: WriteOptions['onTrouble'],
  ): Promise<boolean> {
    return mountBlob(this.#repository, blob, fromRepository, { signal, onTrouble });
  }

  get unfinished(): number {
    return this.#repository.ways.unfinished;
  }

  cancelLeftovers(keys: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    return cancelLeftovers(this.#repository, keys, signal);
  }

  listReferrers(subject: Digest, artifactType: string, signal: AbortSignal): Promise<readonly Descriptor[]> {
    return listReferrers(this.#repository, subject, artifactType, signal);
  }

  writeReferrer(referrer: Referrer, signal: AbortSignal): Promise<Descriptor> {
    return writeReferrer(this.#repository, referrer, signal);
  }

  readSmallBlob(digest: Digest, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return readSmallBlob(this.#repository, digest, limit, signal);
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}
