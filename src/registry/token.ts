import { z } from 'zod';
import { StowageError } from '../errors.ts';
import { isSuccess, readAtMost } from './answer.ts';
import type { Challenge } from './auth-challenge.ts';
import type { Secret } from './credentials.ts';
import { nextUrl } from './hop.ts';
import type { Http, HttpRequest } from './http.ts';
import { refusalOf, type Asked } from './refusal.ts';

/** A token with the rights to a repository has one to five kilobytes. */
const MAX_TOKEN_ANSWER_BYTES = 64 * 1024;
/** What a token lasts when the server does not say (distribution, "Token Authentication Specification"). */
const DEFAULT_LIFETIME_SECONDS = 60;

/** How one asks for a token. */
export interface TokenQuestion {
  readonly registry: URL;
  readonly challenge: Challenge;
  /** `repository:team/bert:pull,push`. */
  readonly scopes: readonly string[];
  readonly secret: Secret | undefined;
  readonly within: number;
  readonly asked: Asked;
}

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly expires: number;
}

const tokenAnswer = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.number().nullish(),
});

/**
 * Gets a bearer token from the realm of a challenge: with an identity token by OAuth 2, else by the older GET, with
 * a password or anonymously (distribution, "Token Authentication Specification" and "OAuth2 Token Authentication").
 * The realm is not trusted: see `nextUrl` for where credentials may go.
 * @throws RegistryAuth when the server does not accept the credentials, and what `Http.send` throws.
 */
export async function fetchToken(http: Http, question: TokenQuestion, signal: AbortSignal): Promise<Token> {
  const { registry, challenge, secret } = question;
  const realm = nextUrl(registry, challenge.parameters.get('realm') ?? '', 'the token realm');
  const request =
    secret?.kind === 'identity' ? byRefreshToken(realm, question, secret.token) : byGet(realm, question);
  const asked = Date.now();
  const answer = await http.send({ ...request, within: question.within, signal });
  if (!isSuccess(answer)) throw await refusalOf(answer, question.asked);
  return parseToken(
    await readAtMost(answer, MAX_TOKEN_ANSWER_BYTES, `the token that ${realm.host} gave`),
    realm,
    asked,
  );
}

type Unsent = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>;

function byGet(realm: URL, { challenge, scopes, secret }: TokenQuestion): Unsent {
  const url = new URL(realm);
  const service = challenge.parameters.get('service');
  if (service !== undefined) url.searchParams.append('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return { method: 'GET', url, headers: secret?.kind === 'password' ? { authorization: basic(secret) } : {} };
}

function byRefreshToken(realm: URL, { challenge, scopes }: TokenQuestion, refreshToken: string): Unsent {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service: challenge.parameters.get('service') ?? '',
    scope: scopes.join(' '),
    client_id: 'stowage',
    refresh_token: refreshToken,
  });
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

/** The value of an Authorization header (RFC 7617). */
export function basic(secret: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${secret.username}:${secret.password}`).toString('base64')}`;
}

function parseToken(bytes: Buffer, realm: URL, asked: number): Token {
  const parsed = tokenAnswer.safeParse(json(bytes)).data;
  const value = parsed?.token || parsed?.access_token || '';
  // What goes into a header must not be able to end it.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new StowageError(
      'RegistryAuth',
      `${realm.host} answered a request for a token with something else`,
    );
  }
  return { value, expires: asked + (parsed?.expires_in ?? DEFAULT_LIFETIME_SECONDS) * 1000 };
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
