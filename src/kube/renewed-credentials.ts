import type { Clock } from './clock.ts';
import type { Credential, CredentialSource } from './cluster.ts';

/** What was read or issued, and how long it serves. */
export interface Loaded {
  readonly credential: Credential;
  /** Milliseconds until it should be had anew. */
  readonly freshFor: number;
  /** Milliseconds for which it can still be used when a new one cannot be had. */
  readonly usableFor: number;
}

/** After a failure the old credential is used so long before the next try: each request would try, else. Milliseconds. */
const RETRY_AFTER = 10_000;

/**
 * Credentials that are had again when they have grown old or were refused. However many ask, they are had once; and
 * when that fails while the old ones are good, the old ones stay: a file may be half written, an issuer be away.
 */
export class RenewedCredentials implements CredentialSource {
  readonly #load: () => Promise<Loaded>;
  readonly #clock: Clock;
  #credential: Credential | undefined;
  #staleAt = -Infinity;
  #uselessAt = -Infinity;
  #loading: Promise<Credential> | undefined;

  constructor(load: () => Promise<Loaded>, clock: Clock) {
    this.#load = load;
    this.#clock = clock;
  }

  async current(): Promise<Credential> {
    const credential = this.#credential;
    if (credential !== undefined && this.#clock.monotonic() < this.#staleAt) return credential;
    try {
      return await this.#renewed();
    } catch (error) {
      const now = this.#clock.monotonic();
      if (credential === undefined || now >= this.#uselessAt) throw error;
      this.#staleAt = now + RETRY_AFTER;
      return credential;
    }
  }

  async renew(refused: Credential): Promise<boolean> {
    // Another request may have been refused before this one and have seen to it already.
    if (this.#credential !== refused) return true;
    try {
      return (await this.#renewed()) !== refused;
    } catch {
      return false; // That the server refused is what the caller says; why nothing else could be had is second to it.
    }
  }

  #renewed(): Promise<Credential> {
    this.#loading ??= this.#loadOnce().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #loadOnce(): Promise<Credential> {
    const { credential, freshFor, usableFor } = await this.#load();
    const now = this.#clock.monotonic();
    this.#staleAt = now + freshFor;
    this.#uselessAt = now + usableFor;
    if (this.#credential === undefined || !same(this.#credential, credential)) this.#credential = credential;
    return this.#credential;
  }
}

function same(a: Credential, b: Credential): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key && a.authorization === b.authorization;
}
