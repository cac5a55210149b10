import type { StowageError } from '../errors.ts';
import type { KeptUploads } from '../oci/kept-uploads.ts';
import { discard, type Answer } from './answer.ts';
import { Authorizer } from './authorizer.ts';
import type { CredentialPlaces } from './credentials.ts';
import { isStream, type Http, type HttpRequest } from './http.ts';
import { refusalOf } from './refusal.ts';
import type { RetryPolicy } from './retry.ts';
import { retrying, sleep, Tries, type Retries, type RetryHooks } from './retrying.ts';
import type { Timeouts } from './transport.ts';
import { UploadWays } from './upload-ways.ts';

/** What is done with a repository (distribution, "Token Scope Documentation"). */
export type Access = 'pull' | 'pull,push';

export interface RepositoryRequest extends Omit<HttpRequest, 'within'> {
  /** Also needed: reading this repository of the same registry. */
  readonly alsoPull?: string;
  /** Default: `Timeouts.answer`. */
  readonly within?: number;
}

export interface RepositoryOptions {
  readonly http: Http;
  /** `https://registry.example.com` */
  readonly origin: URL;
  readonly host: string;
  readonly repository: string;
  /**
   * Asked for by all requests, those that only read among them: a token to read a repository that is not there yet
   * has no rights on some servers, so a first push would end before it wrote anything
   * (https://github.com/helm/helm/issues/32144, https://github.com/helm/helm/issues/31567).
   */
  readonly access: Access;
  readonly places: CredentialPlaces;
  readonly policy: RetryPolicy;
  readonly timeouts: Timeouts;
  /** Send blobs in chunks of so many bytes. Default: in one request each, unless the registry wants it otherwise. */
  readonly chunkBytes?: number | undefined;
  /** Whether an upload that broke can be gone on with. Default: that is found out. */
  readonly resumes?: boolean | undefined;
  /** Where uploads are remembered that this process does not finish. Default: nowhere. */
  readonly uploads?: KeptUploads | undefined;
}

/** The shortest wait for something that settles within moments, such as the end of a request that broke. Milliseconds. */
const SETTLE_MS = 100;

/** Sends requests about one repository of a registry, with what lets them in. */
export class Repository {
  /** `host/repository`, for messages. */
  readonly name: string;
  readonly timeouts: Timeouts;
  readonly ways: UploadWays;
  readonly #options: RepositoryOptions;
  readonly #authorizer: Authorizer;

  constructor(options: RepositoryOptions) {
    const { http, origin: registry, host, repository, places, timeouts } = options;
    this.name = `${host}/${repository}`;
    this.timeouts = timeouts;
    this.ways = new UploadWays(options);
    this.#options = options;
    this.#authorizer = new Authorizer(http, { registry, host, repository, places, within: timeouts.answer });
  }

  /** @param path below `/v2/NAME/`: "blobs/sha256:…". */
  url(path: string): URL {
    return new URL(`/v2/${this.#options.repository}/${path}`, this.#options.origin);
  }

  /**
   * Sends a request with an Authorization header where the registry wants one, once more with a new one after a 401.
   * A streamed body cannot be sent again: there the 401 is the answer, and `renewed` says whether to begin anew.
   */
  async send(request: RepositoryRequest): Promise<Answer> {
    const authorization = await this.#authorization(request);
    const answer = await this.#send(request, authorization);
    if (answer.status !== 401) return answer;
    const renewed = await this.#learn(request, answer, authorization);
    if (!renewed || isStream(request.body)) return { ...answer, renewed };
    await discard(answer);
    return this.#send(request, await this.#authorization(request));
  }

  /** @param what completes "HOST refused to …". */
  refusal(answer: Answer, what: string): Promise<StowageError> {
    const { host, repository } = this.#options;
    return refusalOf(answer, { what, host, repository, credentials: this.#authorizer.used });
  }

  /** Does something until it succeeds, cannot succeed, or was tried often enough. */
  retrying<T>(
    signal: AbortSignal,
    operation: (attempt: number) => Promise<T>,
    hooks: RetryHooks = {},
  ): Promise<T> {
    return retrying(this.#retries(hooks), signal, operation);
  }

  /** The tries of something that is not one call. */
  tries(signal: AbortSignal, hooks: RetryHooks): Tries {
    return new Tries(this.#retries(hooks), signal);
  }

  #retries(hooks: RetryHooks): Retries {
    const { policy, http } = this.#options;
    return {
      ...hooks,
      policy,
      get answered() {
        return http.answered;
      },
    };
  }

  /** Waits for something to settle: a moment, twice as long each time. @param times from 0 */
  settle(times: number, signal: AbortSignal): Promise<void> {
    return sleep(Math.min(this.#options.policy.firstDelay, SETTLE_MS) * 2 ** times, signal);
  }

  #send(request: RepositoryRequest, authorization: string | undefined): Promise<Answer> {
    const headers = authorization === undefined ? request.headers : { ...request.headers, authorization };
    return this.#options.http.send({
      method: request.method,
      url: request.url,
      ...(headers === undefined ? {} : { headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
      within: request.within ?? this.timeouts.answer,
      signal: request.signal,
      bulk: request.bulk,
    });
  }

  /** An upload may lie on another origin, with a signature in its URL: that origin is shown no credentials. */
  async #authorization(request: RepositoryRequest): Promise<string | undefined> {
    if (!this.owns(request.url)) return undefined;
    return this.#authorizer.header(this.#scopes(request), request.signal);
  }

  async #learn(request: RepositoryRequest, answer: Answer, rejected: string | undefined): Promise<boolean> {
    if (!this.owns(answer.url)) return false;
    return this.#authorizer.learn(answer, this.#scopes(request), rejected, request.signal);
  }

  /** Whether an address is the registry's own: to others credentials are not shown, and theirs are not kept. */
  owns(url: URL): boolean {
    return url.origin === this.#options.origin.origin;
  }

  #scopes({ alsoPull }: RepositoryRequest): string[] {
    const { repository, access } = this.#options;
    const own = `repository:${repository}:${access}`;
    return alsoPull === undefined ? [own] : [own, `repository:${alsoPull}:pull`];
  }
}
