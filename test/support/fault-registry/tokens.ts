import type { IncomingMessage } from 'node:http';

/** Who is let in, and how they show who they are. */
export type Auth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'token';
      /** Who gets a token; without either, anybody does. */
      readonly login?: { readonly username: string; readonly password: string };
      readonly refreshToken?: string;
      /** What the token's answer says; the registry itself does not look at a clock. */
      readonly expiresIn?: number;
      /** A token is refused after so many requests. Default: no limit. */
      readonly uses?: number;
      /** Like Quay: a token has no rights to a repository that is not there, unless it is one to push. */
      readonly missingNeedsPush?: boolean;
      /** Where tokens are given out, if elsewhere. */
      readonly realm?: string;
    };

/** Gives out tokens and knows which are good. */
export class Tokens {
  readonly #left = new Map<string, number>();
  readonly #scopes = new Map<string, readonly string[]>();
  /** The scopes of each token that was asked for, in order. */
  readonly asked: string[][] = [];

  give(scopes: string[], uses = Infinity): string {
    this.asked.push(scopes);
    const token = `token-${this.asked.length}-${'x'.repeat(16)}`;
    this.#left.set(token, uses);
    this.#scopes.set(token, scopes);
    return token;
  }

  /** From now on every token that was given out is refused. */
  revokeAll(): void {
    this.#left.clear();
  }

  accept(header: string | undefined): boolean {
    const token = tokenOf(header);
    const left = this.#left.get(token) ?? 0;
    this.#left.set(token, left - 1);
    return left > 0;
  }

  /** Whether the token was asked for with the right to push to this repository. */
  mayPush(header: string | undefined, repository: string): boolean {
    const scopes = this.#scopes.get(tokenOf(header)) ?? [];
    return scopes.includes(`repository:${repository}:pull,push`);
  }
}

function tokenOf(header: string | undefined): string {
  return header?.replace(/^Bearer /, '') ?? '';
}

export function basicHeader(login: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

/** Whether a request to the token endpoint shows what `auth` wants, and the scopes it asks for. */
export function tokenRequest(
  auth: Auth & { kind: 'token' },
  request: IncomingMessage,
  body: Buffer,
): { allowed: boolean; scopes: string[] } {
  if (request.method === 'POST') {
    const form = new URLSearchParams(body.toString());
    const allowed =
      form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === auth.refreshToken;
    return { allowed, scopes: (form.get('scope') ?? '').split(' ') };
  }
  const scopes = new URL(request.url ?? '', 'http://registry').searchParams.getAll('scope');
  const open = auth.login === undefined && auth.refreshToken === undefined;
  return {
    allowed: open || (auth.login !== undefined && request.headers.authorization === basicHeader(auth.login)),
    scopes,
  };
}
