import type { StowageError } from '../errors.ts';
import { KubeError } from './kube-error.ts';
import { isRead, type Verb } from './verb.ts';

/** Tries of one request, the first included. Who is around it has a back-off of its own. */
const MAX_TRIES = 5;

/** A server under load asks for one second; who asks for more than this is better asked by a later reconcile. */
const MAX_RETRY_AFTER_MS = 10_000;

/**
 * Milliseconds after which the same request may be sent again; undefined when it must not be.
 * A 429 comes before anything was done (https://kubernetes.io/docs/concepts/cluster-administration/flow-control/), so
 * any request is sent again then. After any other failure a write may have been done: only reads are. A connection that
 * was closed while a read was on its way is most often one that both sides had kept open for too long.
 * @param tries how often it was sent.
 */
export function waitAfter(error: StowageError, verb: Verb, tries: number): number | undefined {
  if (tries >= MAX_TRIES) return undefined;
  if (error instanceof KubeError) {
    const { retryAfter } = error;
    if (retryAfter === undefined || retryAfter > MAX_RETRY_AFTER_MS) return undefined;
    return error.status === 429 || (isRead(verb) && error.status >= 500) ? retryAfter : undefined;
  }
  return tries === 1 && isRead(verb) && error.code === 'ClusterUnreachable' && error.retryable
    ? 0
    : undefined;
}

/** A Retry-After header in milliseconds. API servers send seconds; a proxy's date is not worth a parser here. */
export function parseRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1000 : undefined;
}
