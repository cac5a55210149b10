import type { Answer } from './answer.ts';
import { parseChallenges, type Challenge } from './auth-challenge.ts';
import { findCredentials, type CredentialPlaces, type Credentials } from './credentials.ts';
import type { Http } from './http.ts';
import type { Asked } from './refusal.ts';
import { basic, fetchToken, type Token } from './token.ts';
import { unlessAborted } from './unless-aborted.ts';

/** A token is replaced this long before it ends, so that it does not end on its way. Most last 300 s, the shortest 60 s. */
const RENEW_BEFORE_END_MS = 10_000;

/** A challenge may name scopes besides those we know we need; more than a few are not meant for us. */
const MAX_CHALLENGED_SCOPES = 4;

export interface AuthorizerOptions {
  readonly registry: URL;
  /** `host[:port]` as in a reference. */
  readonly host: string;
  readonly repository: string;
  readonly places: CredentialPlaces;
  /** Milliseconds for an answer with a token. */
  readonly within: number;
}

/** A token is not fetched under the signal of the request that happens to need it first: others wait for it too. */
const NEVER = new AbortController().signal;

/** What was learnt from a challenge for one set of scopes. */
interface Way {
  readonly challenge: Challenge;
  readonly scopes: readonly string[];
  readonly header: Promise<Header>;
}

interface Header {
  readonly value: string | undefined;
  readonly expires: number;
}

/**
 * Gives requests their Authorization header. It waits to be asked: a registry that is open to all never sees
 * credentials, and their files and helpers are not touched. Requests that need the same token share one.
 */
export class Authorizer {
  readonly #http: Http;
  readonly #options: AuthorizerOptions;
  readonly #ways = new Map<string, Way>();
  #credentials: Promise<Credentials | undefined> | undefined;
  #used: string | undefined;

  constructor(http: Http, options: AuthorizerOptions) {
    this.#http = http;
    this.#options = options;
  }

  /** Where the credentials that were used so far come from, for messages. */
  get used(): string | undefined {
    return this.#used;
  }

  /** The header for a request that needs these scopes; undefined where the registry has not asked for one. */
  async header(scopes: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const key = scopes.join(' ');
    const way = this.#ways.get(key) ?? this.#likeAnother(key, scopes);
    if (way === undefined) return undefined;
    const header = await unlessAborted(way.header, signal);
    if (Date.now() < header.expires - RENEW_BEFORE_END_MS) return header.value;
    return (await unlessAborted(this.#renew(key, way).header, signal)).value;
  }

  /**
   * Learns from a 401.
   * @param rejected the header that the request had.
   * @returns whether the request has a chance now.
   */
  async learn(
    answer: Answer,
    scopes: readonly string[],
    rejected: string | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const challenge = usable(parseChallenges(answer.header('www-authenticate')));
    if (challenge === undefined) return false;
    const key = scopes.join(' ');
    const known = this.#ways.get(key);
    const value = known && (await valueOf(known, signal));
    const current = this.#ways.get(key);
    // While this request was under way, another may have got a new header already.
    const renewed = current !== undefined && (current !== known || value !== rejected);
    const way = renewed ? current : this.#begin(key, challenge, withChallenged(scopes, challenge));
    const header = await unlessAborted(way.header, signal);
    return header.value !== undefined && header.value !== rejected;
  }

  /** A registry that asked for a token once will ask again for other scopes. */
  #likeAnother(key: string, scopes: readonly string[]): Way | undefined {
    const [other] = this.#ways.values();
    return other && this.#begin(key, other.challenge, scopes);
  }

  #renew(key: string, old: Way): Way {
    const current = this.#ways.get(key);
    if (current !== undefined && current !== old) return current;
    return this.#begin(key, old.challenge, old.scopes);
  }

  #begin(key: string, challenge: Challenge, scopes: readonly string[]): Way {
    const way = { challenge, scopes, header: this.#make(challenge, scopes) };
    this.#ways.set(key, way);
    way.header.catch(() => {
      if (this.#ways.get(key) === way) this.#ways.delete(key);
    });
    return way;
  }

  async #make(challenge: Challenge, scopes: readonly string[]): Promise<Header> {
    const { places, host, repository } = this.#options;
    this.#credentials ??= findCredentials(host, repository, places);
    const credentials = await this.#credentials;
    this.#used = credentials?.source;
    if (challenge.scheme === 'basic') return basicHeader(credentials);
    const token = await this.#fetch(challenge, scopes, credentials);
    return { value: `Bearer ${token.value}`, expires: token.expires };
  }

  #fetch(
    challenge: Challenge,
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Token> {
    const { registry, host, repository, within } = this.#options;
    const asked: Asked = {
      what: `give a token for ${repository}`,
      host,
      repository,
      credentials: this.#used,
    };
    return fetchToken(
      this.#http,
      { registry, challenge, scopes, secret: credentials?.secret, within, asked },
      NEVER,
    );
  }
}

function basicHeader(credentials: Credentials | undefined): Header {
  const value = credentials?.secret.kind === 'password' ? basic(credentials.secret) : undefined;
  return { value, expires: Infinity };
}

/** Bearer where there is a choice: it keeps the password away from all but one server. */
function usable(challenges: readonly Challenge[]): Challenge | undefined {
  const bearer = challenges.find(
    ({ scheme, parameters }) => scheme === 'bearer' && Boolean(parameters.get('realm')),
  );
  return bearer ?? challenges.find(({ scheme }) => scheme === 'basic');
}

function withChallenged(scopes: readonly string[], challenge: Challenge): string[] {
  const challenged = (challenge.parameters.get('scope') ?? '')
    .split(' ')
    .filter(Boolean)
    .slice(0, MAX_CHALLENGED_SCOPES);
  return [...new Set([...scopes, ...challenged])];
}

async function valueOf(way: Way, signal: AbortSignal): Promise<string | undefined> {
  const header = await unlessAborted(way.header, signal).catch(() => undefined);
  return header?.value;
}
