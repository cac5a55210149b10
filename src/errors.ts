/**
 * The one error class of the project and the one list of codes.
 * A code is also the reason of a status condition, so it says what is wrong in the user's world,
 * not which of our functions noticed it.
 */

/** What each code means, in one line. The troubleshooting table in the docs is made from this. */
export const ERROR_CODES = {
  UsageInvalid: 'the command line is wrong',
  DeclarationInvalid: 'the declaration is wrong',
  SpecImmutable: 'a spec cannot change once it is applied',
  ObjectNotFound: 'no object of that name is known here',
  StateUnusable: 'the state directory cannot be read or written',
  StateBusy: 'another process holds the lock',
  StorageUnsupported: 'this storage cannot be read here',
  NodeMismatch: 'the storage lies on another node',
  PathNotFound: 'the path of the storage does not exist',
  SourceUnreadable: 'a file or directory of the source cannot be read',
  ArtifactEmpty: 'the source holds no files',
  ModelTooLarge: 'the model is larger than the StoragePolicy allows',
  ArtifactChanged: 'a file changed while it was read',
  ArtifactTruncated: 'a file is shorter than its header says',
  ArtifactInvalid: 'a model file has a header that cannot be right',
  FileRefused: 'a file of that name or type cannot go into an image',
  LinkRefused: 'a symbolic link leads outside the source, nowhere, or in a circle',
  TooManyLayers: 'the image would need more layers than runtimes accept',
  LayerTooLarge: 'a layer is larger than the registry accepts',
  BaseInvalid: 'the base image cannot be used',
  BaseNotFound: 'the base image does not exist',
  ImageNotFound: 'the image does not exist',
  ImageInvalid: 'the image cannot be read',
  FileExists: 'a file is there with other content',
  Unwritable: 'a file or directory cannot be written',
  TagExists: 'the tag exists with another digest',
  RegistryAuth: 'the registry does not accept the credentials',
  RegistryNotFound: 'the registry does not know the repository or the API',
  RegistryQuota: 'the registry refuses more data or more requests',
  RegistryUnreachable: 'the registry cannot be reached',
  RegistryFailed: 'the registry answered with an error',
  RegistryCorrupt: 'the registry holds other bytes than were sent',
  TlsUntrusted: "the registry's certificate is not trusted",
  CredentialsUnusable: 'the stored credentials cannot be read',
  LayoutInvalid: 'the directory is no OCI image layout',
  KubeconfigInvalid: 'the kubeconfig, or what it names, cannot be used',
  ClusterUnreachable: 'the API server of the cluster cannot be reached',
  ClusterAuth: 'the API server does not accept the credentials, or they lack a right',
  ClusterFailed: 'the API server answered with an error',
  PolicyDenied: 'no StoragePolicy allows it',
  NodeNotFound: 'the node of the storage does not exist',
  NodeNotReady: 'the node of the storage is not ready',
  NodeLost: 'the node of the builder pod is lost',
  ClaimNotFound: 'the PersistentVolumeClaim does not exist',
  ClaimUnbound: 'the PersistentVolumeClaim was not bound',
  ClaimInUse: 'the volume is in use elsewhere',
  VolumeLost: 'the PersistentVolume or its claim was deleted or taken away',
  DriverMissing: 'the CSI driver of the volume is not there',
  MountFailed: 'the volume cannot be mounted',
  MountDenied: 'the server of the storage refuses to be mounted',
  ServerUnreachable: 'the server of the storage does not answer',
  ExportNotFound: 'the server of the storage has no such directory or file system',
  StaleHandle: 'the server of the storage no longer knows what was opened',
  SecretMissing: 'a Secret with push credentials does not exist',
  BuilderImageUnavailable: 'the image of the builder cannot be pulled',
  BuilderFailed: 'the builder pod ended without a result',
  PodLost: 'the builder pod was deleted',
  Unschedulable: 'no node takes the builder pod',
  Evicted: 'the builder pod was evicted from its node',
  OutOfMemory: 'the builder was killed for want of memory',
  QuotaExceeded: 'a quota of the namespace is used up',
  AdmissionDenied: 'the namespace or an admission policy refuses the builder pod',
  NamespaceTerminating: 'the namespace is being deleted',
  OutOfDisk: 'the disk is full',
  Timeout: 'it took too long',
  Cancelled: 'it was cancelled',
  Internal: 'a defect in Stowage',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** What the reader can do about it: a sentence, or a command. */
  readonly hint?: string;
  /** Whether the same call can succeed later with nothing changed. Default: false. */
  readonly retryable?: boolean;
  /** How long to wait before the next try, in milliseconds, when the other side said so. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** An error that a user will read: what went wrong, with what, and what to do. Secrets are removed here. */
export class StowageError extends Error {
  override readonly name = 'StowageError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(redact(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint === undefined ? undefined : redact(details.hint);
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter;
  }
}

/** Turns anything thrown into a StowageError; what is not ours is a defect, or a cancellation. */
export function asStowageError(thrown: unknown): StowageError {
  if (thrown instanceof StowageError) return thrown;
  if (isAbort(thrown)) return new StowageError('Cancelled', 'cancelled', { cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new StowageError('Internal', message, { cause: thrown });
}

/** The text of anything thrown, without secrets. */
export function messageOf(thrown: unknown): string {
  return redact(thrown instanceof Error ? thrown.message : String(thrown));
}

/** The `code` of a Node.js system error (ENOENT, ECONNRESET, …), looked for through the chain of causes. */
export function systemCode(thrown: unknown): string | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (!(error instanceof StowageError) && 'code' in error && typeof error.code === 'string')
      return error.code;
  }
  return undefined;
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'TimeoutError');
}

/**
 * Removes what must not be shown: user:password@ in URLs, also where the password has a "/" or "@" that should have
 * been written as %2F or %40; the query of a URL (upload locations and redirects to object stores carry signatures
 * there); and Authorization values, but not the words that people put behind "basic" and "bearer".
 */
export function redact(text: string): string {
  return text
    .replaceAll(/:\/\/[^\s/@:"]*(?::[^\s"]*)?@(?!sha256:)/g, '://')
    .replaceAll(/\b(https?:\/\/[^\s?'"]+)\?[^\s'"]+/gi, '$1?…')
    .replaceAll(AUTHORIZATION, '$1 …');
}

const AUTHORIZATION =
  /\b(basic|bearer)\s+(?!(?:authentication|authorization|credentials|constraints)(?![\w~+/=-]|\.\w))[\w.~+/=-]{8,}/gi;
