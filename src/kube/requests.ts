import type { Dispatcher } from 'undici';
import { asStowageError, type StowageError } from '../errors.ts';
import { statusOf } from './api-status.ts';
import { readJson } from './body.ts';
import { sleep, within, type Clock } from './clock.ts';
import { KubeError } from './kube-error.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { parseRetryAfter, waitAfter } from './retry.ts';
import type { Transport, TransportRequest } from './transport.ts';
import { tooSlow, unreachable } from './unreachable.ts';
import type { Verb } from './verb.ts';

/** Errors are short; more than this is a web page. */
const MAX_ERROR_BYTES = 256 * 1024;

export interface Call extends Omit<TransportRequest, 'signal'> {
  readonly verb: Verb;
  /** `pods`, `pods/log`: a label of metrics. */
  readonly resource: string;
  /** What it is about, for messages: `pods "bert-1" in team-a`. */
  readonly what: string;
  /** Milliseconds: for the whole answer, or until a stream begins. */
  readonly within: number;
}

/** One exchange with the server, for metrics. */
export interface RequestSample {
  readonly verb: Verb;
  readonly resource: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Until the answer began. */
  readonly seconds: number;
}

export interface RequestsOptions {
  readonly transport: Transport;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly onRequest: (sample: RequestSample) => void;
}

/** The one place that sends requests: at the rate allowed, within a time, again where that is harmless. */
export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /**
   * Sends a request and reads its answer.
   * @param limit bytes; a larger answer is refused.
   * @throws KubeError; ClusterUnreachable or Timeout when there is no whole answer; ClusterFailed when it is no JSON;
   * what the signal was aborted with.
   */
  json(call: Call, limit: number, signal: AbortSignal | undefined): Promise<unknown> {
    return this.#retrying(call, signal, (inner) =>
      this.#within(call, inner, async (deadline) => {
        const response = await this.#exchange(call, deadline);
        return readJson(response.body, { limit, what: call.what });
      }),
    );
  }

  /**
   * Sends a request whose answer is read bit by bit, for as long as it lasts.
   * @throws as json() does, until the answer begins and while it is read.
   */
  async stream(call: Call, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#retrying(call, signal, async () => {
      const patience = new AbortController();
      const both = AbortSignal.any([signal, patience.signal]);
      return this.#within(call, signal, (deadline) => {
        deadline.addEventListener('abort', () => patience.abort(deadline.reason), { once: true });
        return this.#exchange(call, both);
      });
    });
    return this.#reading(response, signal);
  }

  async *#reading(
    response: Dispatcher.ResponseData,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* response.body as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  /** Sends once. Whatever is no success is thrown. */
  async #exchange(call: Call, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { limiter, clock, onRequest, transport } = this.#options;
    await limiter.take(signal);
    const start = clock.monotonic();
    let status = 0;
    try {
      const response = await transport.send({ ...call, signal });
      status = response.statusCode;
      if (status >= 200 && status < 300) return response;
      throw await this.#refusal(call, response);
    } finally {
      const seconds = (clock.monotonic() - start) / 1000;
      onRequest({ verb: call.verb, resource: call.resource, status, seconds });
    }
  }

  async #refusal(call: Call, { statusCode, headers, body }: Dispatcher.ResponseData): Promise<KubeError> {
    const header = headers['retry-after'];
    const retryAfter = parseRetryAfter(typeof header === 'string' ? header : undefined);
    // The status is what counts: an explanation that cannot be read leaves it as it is.
    const document = await readJson(body, { limit: MAX_ERROR_BYTES, what: call.what }).catch(() => undefined);
    const asked = { verb: call.verb, what: call.what, host: this.#options.transport.server.host };
    return new KubeError(asked, statusOf(document, statusCode, retryAfter));
  }

  async #retrying<T>(
    call: Call,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const patience = signal ?? new AbortController().signal;
    for (let tries = 1; ; tries++) {
      try {
        return await work(patience);
      } catch (thrown) {
        const error = this.#explain(thrown, patience);
        const wait = patience.aborted ? undefined : waitAfter(error, call.verb, tries);
        if (wait === undefined) throw error;
        await sleep(this.#options.clock, wait, patience).catch((reason: unknown) => {
          throw asStowageError(reason);
        });
      }
    }
  }

  #within<T>(call: Call, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, transport } = this.#options;
    const expired = (): StowageError => tooSlow(transport.server, `${call.verb} ${call.what}`, call.within);
    return within({ clock, milliseconds: call.within, expired }, signal, work);
  }

  #explain(thrown: unknown, signal: AbortSignal): StowageError {
    return signal.aborted
      ? asStowageError(signal.reason)
      : unreachable(thrown, this.#options.transport.server);
  }
}
