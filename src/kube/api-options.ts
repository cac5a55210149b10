import type { Clock } from './clock.ts';
import type { Selection } from './lists.ts';
import type { DraftMeta } from './object.ts';
import type { RateLimit } from './rate-limiter.ts';
import type { RequestSample } from './requests.ts';

/** What a controller of a few hundred objects needs at its start; a server under load says 429 by itself. */
export const RATE_LIMIT: RateLimit = { perSecond: 20, burst: 50 };

export interface ApiClientOptions {
  /** Who a field belongs to once this client has written it. */
  readonly fieldManager: string;
  /** Default: RATE_LIMIT. */
  readonly rateLimit?: RateLimit;
  readonly clock?: Clock;
  /** Called after each exchange; must not throw. */
  readonly onRequest?: (sample: RequestSample) => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends Selection, CallOptions {
  /** Objects per page. Default: PAGE_LIMIT. */
  readonly limit?: number;
  /** The `next` of the page before. Default: the first page. */
  readonly from?: string | undefined;
}

export interface WriteOptions extends CallOptions {
  /** `status`, say: then nothing else of the object is written. */
  readonly subresource?: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields over from whom they belong to. Default: false, and then that is a Conflict. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Only the object with this UID: a Conflict when another has its name by now. */
  readonly uid?: string;
  /** Only as it was read: a Conflict when it has changed. */
  readonly resourceVersion?: string;
  /** 0 deletes a pod without waiting for its node. */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

export interface WatchOptions extends Selection {
  /** Where to go on. */
  readonly resourceVersion: string;
  /** After which the server ends the watch by itself. */
  readonly timeoutSeconds: number;
}

export interface LogOptions {
  readonly container?: string;
  /** Go on until the container has ended. */
  readonly follow?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Of the container's last run. */
  readonly previous?: boolean;
}

/** An object of which only the fields that matter to the writer are given. */
export interface ApplyObject {
  readonly metadata: DraftMeta;
  readonly [field: string]: unknown;
}
