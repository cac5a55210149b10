import { StowageError, type ErrorCode } from '../errors.ts';
import { NOT_SERVED, type ApiStatus, type Cause } from './api-status.ts';

/** What the server's answer was about. */
export interface Asked {
  /** "create", "list". */
  readonly verb: string;
  /** `pods "bert-1" in team-a`, `nodes` */
  readonly what: string;
  readonly host: string;
}

/** The API server answered, and the answer is no. */
export class KubeError extends StowageError {
  /** The HTTP status. */
  readonly status: number;
  /** The machine-readable word for it: NotFound, AlreadyExists, Conflict, … (API conventions, "HTTP Status codes"). */
  readonly reason: string;
  readonly causes: readonly Cause[];

  constructor(asked: Asked, status: ApiStatus) {
    const said = status.message === '' ? '' : `: ${status.message}`;
    super(
      codeOf(status),
      `${asked.host} refused to ${asked.verb} ${asked.what} (${status.code} ${status.reason}${said})`,
      {
        ...hintFor(asked, status),
        ...(status.retryAfter === undefined ? {} : { retryAfter: status.retryAfter }),
        retryable: isPassing(status),
      },
    );
    this.status = status.code;
    this.reason = status.reason;
    this.causes = status.causes;
  }
}

/** There is no such object. (That the server does not know the kind is something else.) */
export function isNotFound(error: unknown): error is KubeError {
  return hasReason(error, 'NotFound');
}

/** The server does not know the kind: its CRD is not installed, say. */
export function isNotServed(error: unknown): error is KubeError {
  return hasReason(error, NOT_SERVED);
}

/** Something of that name is there already. */
export function isAlreadyExists(error: unknown): error is KubeError {
  return hasReason(error, 'AlreadyExists');
}

/** The object has changed since it was read, or is not the one that the precondition named. */
export function isConflict(error: unknown): error is KubeError {
  return hasReason(error, 'Conflict');
}

export function isForbidden(error: unknown): error is KubeError {
  return hasReason(error, 'Forbidden');
}

export function isUnauthorized(error: unknown): error is KubeError {
  return hasReason(error, 'Unauthorized');
}

/** The object as it was sent breaks a rule of its kind. */
export function isInvalid(error: unknown): error is KubeError {
  return hasReason(error, 'Invalid');
}

/** The resource version, or the place in a list, is so old that the server has forgotten it: list again. */
export function isExpired(error: unknown): error is KubeError {
  return (
    error instanceof KubeError &&
    (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone')
  );
}

export function isTooManyRequests(error: unknown): error is KubeError {
  return error instanceof KubeError && error.status === 429;
}

/** Creating in a namespace that is being deleted: a 403 that is nobody's missing right. */
export function isNamespaceTerminating(error: unknown): error is KubeError {
  return error instanceof KubeError && error.causes.some((cause) => cause.reason === 'NamespaceTerminating');
}

function hasReason(error: unknown, reason: string): boolean {
  return error instanceof KubeError && error.reason === reason;
}

function codeOf({ code, reason }: ApiStatus): ErrorCode {
  if (code === 401 || code === 403) return 'ClusterAuth';
  return reason === 'NotFound' ? 'ObjectNotFound' : 'ClusterFailed';
}

/** A conflict passes as well, but only with an object that was read anew: that is not the same request. */
function isPassing({ code }: ApiStatus): boolean {
  return code === 408 || code === 429 || code >= 500;
}

function hintFor({ verb, what }: Asked, { code, reason, causes }: ApiStatus): { hint?: string } {
  if (reason === NOT_SERVED) return { hint: 'does the cluster serve this kind? See: kubectl api-resources' };
  if (code === 401) return { hint: 'have the credentials expired? See: kubectl auth whoami' };
  if (code !== 403 || causes.some((cause) => cause.reason === 'NamespaceTerminating')) return {};
  const right = verb === 'apply' ? 'patch' : verb;
  return { hint: `see: kubectl auth can-i ${right} ${what.split(' ', 1)[0] ?? ''}` };
}
