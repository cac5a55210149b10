import type { Dispatcher } from 'undici';
import { asStowageError, StowageError } from '../errors.ts';
import { answerOf, discard, type Answer } from './answer.ts';
import type { Bulk } from './bulk.ts';
import { nextUrl } from './hop.ts';
import type { Transport } from './transport.ts';
import { unlessAborted } from './unless-aborted.ts';
import { unreachable } from './unreachable.ts';

/** Registries redirect once, to a CDN or an object store; a proxy before them may add one or two. */
const MAX_REDIRECTS = 5;

/** How it names itself to registries (RFC 9110 section 10.1.5). */
const USER_AGENT = 'stowage';

type Headers = Readonly<Record<string, string>>;

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: URL;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A streamed body can be sent once only: its redirects are answers for the caller. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** Milliseconds within which the answer must begin, counted anew with each chunk of a streamed body. */
  readonly within: number;
  readonly signal: AbortSignal;
  /** A large answer to a GET is wanted, of which each chunk is good only until the next is asked for. */
  readonly bulk?: boolean | undefined;
}

/** The one place that sends requests. It knows redirects and failures of the network, and nothing of registries. */
export class Http {
  readonly #dispatcher: Dispatcher;
  readonly #bulk: Bulk | undefined;
  #answered = false;

  constructor({ dispatcher, bulk }: Transport) {
    this.#dispatcher = dispatcher;
    this.#bulk = bulk;
  }

  /** Whether any server has answered anything yet. */
  get answered(): boolean {
    return this.#answered;
  }

  /**
   * Sends a request and follows redirects; whatever status comes at the end is an answer, not an error.
   * Neither an `authorization` header nor a body goes along to another origin.
   * @throws RegistryUnreachable, TlsUntrusted or Timeout when there is no answer; RegistryFailed for a redirect that
   * must not be followed; what the signal was aborted with.
   */
  async send(request: HttpRequest): Promise<Answer> {
    let next = request;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const answer = await this.#exchange(next);
      const location = redirectOf(next, answer);
      if (location === undefined) return answer;
      await discard(answer);
      next = redirected(next, nextUrl(next.url, location, 'the redirect'));
    }
    throw new StowageError('RegistryFailed', `${request.url.host} redirects in a circle`);
  }

  /** Ends all connections at once. */
  close(): Promise<void> {
    this.#bulk?.close();
    return this.#dispatcher.destroy();
  }

  async #exchange(request: HttpRequest): Promise<Answer> {
    const { url, signal } = request;
    const headers = { 'user-agent': USER_AGENT, ...request.headers };
    try {
      // Either hears a signal once its connection stands: a server that does not answer would hold us for as long.
      const bulk =
        request.bulk === true ? await unlessAborted(this.#getBulk(request, headers), signal) : undefined;
      const answer = bulk ?? (await unlessAborted(this.#dispatch(request, headers), signal));
      this.#answered = true;
      return answer;
    } catch (error) {
      if (signal.aborted) throw asStowageError(signal.reason);
      throw error instanceof StowageError ? error : unreachable(error, url);
    }
  }

  async #getBulk({ url, within, signal }: HttpRequest, headers: Headers): Promise<Answer | undefined> {
    return this.#bulk?.get({ url, headers, within, signal });
  }

  async #dispatch({ method, url, body, within, signal }: HttpRequest, headers: Headers): Promise<Answer> {
    const response = await this.#dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers,
      body: undiciBody(body),
      headersTimeout: within,
      signal,
    });
    return answerOf(url, response);
  }
}

/** undici writes any async iterable, chunk by chunk; its types name only Readable, which would read ahead. */
function undiciBody(body: HttpRequest['body']): Uint8Array | string | null {
  return (body ?? null) as Uint8Array | string | null;
}

/** 301, 302 and 303 may turn a POST into a GET (RFC 9110 section 15.4), so they are followed only where that changes nothing. */
function redirectOf(request: Pick<HttpRequest, 'method' | 'body'>, answer: Answer): string | undefined {
  const safe = request.method === 'GET' || request.method === 'HEAD';
  const followed = safe ? [301, 302, 303, 307, 308] : [307, 308];
  return followed.includes(answer.status) && !isStream(request.body) ? answer.header('location') : undefined;
}

export function isStream(body: HttpRequest['body']): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}

function redirected(request: HttpRequest, url: URL): HttpRequest {
  if (url.origin === request.url.origin) return { ...request, url };
  if (request.body !== undefined) {
    throw new StowageError(
      'RegistryFailed',
      `${request.url.host} redirects a ${request.method} with a body to ${url.origin}`,
      {
        hint: 'a body may hold a secret and is not sent on; use the address that the registry redirects to',
      },
    );
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).filter(([name]) => name !== 'authorization'),
  );
  return { ...request, url, headers };
}
