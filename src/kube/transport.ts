import { getCACertificates } from 'node:tls';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import type { Cluster, Credential } from './cluster.ts';

/** Lost SYNs are sent again after 1, 3 and 7 seconds; an API server in the same network needs none. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Less than the 90 seconds after which API servers close idle connections, so that we do it first. */
const KEEP_ALIVE_MS = 60_000;

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root of the API server, with the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The connections to one API server, kept alive and used again. HTTP/1.1 only: each watch has a connection of its own
 * then, and one that hangs holds up nobody else.
 * Requests are sent with the credentials of the moment; when their certificates change, new connections are made with
 * the new ones while what runs on the old ones goes on to its end.
 */
export class Transport {
  readonly #cluster: Cluster;
  readonly #userAgent: string;
  #open: { readonly credential: Credential; readonly dispatcher: Dispatcher } | undefined;

  constructor(cluster: Cluster, userAgent: string) {
    this.#cluster = cluster;
    this.#userAgent = userAgent;
  }

  /** For messages. */
  get server(): URL {
    return this.#cluster.server;
  }

  /**
   * Sends a request; whatever status comes is an answer. A 401 is answered once with other credentials, where there are.
   * @throws KubeconfigInvalid when there are no credentials; else what undici throws.
   */
  async send(request: TransportRequest): Promise<Dispatcher.ResponseData> {
    const { credentials } = this.#cluster;
    const credential = await credentials.current();
    const response = await this.#sendAs(credential, request);
    if (response.statusCode !== 401 || !(await credentials.renew(credential))) return response;
    await response.body.dump();
    return this.#sendAs(await credentials.current(), request);
  }

  /** Ends all connections at once. */
  async close(): Promise<void> {
    await this.#open?.dispatcher.destroy();
  }

  #sendAs(
    credential: Credential,
    { method, path, headers, body, signal }: TransportRequest,
  ): Promise<Dispatcher.ResponseData> {
    const { server, impersonate } = this.#cluster;
    const { authorization } = credential;
    return this.#dispatcher(credential).request({
      origin: server.origin,
      path: server.pathname.replace(/\/$/, '') + path,
      method,
      headers: {
        'user-agent': this.#userAgent,
        accept: 'application/json, */*', // A log is neither JSON nor refused for it.
        ...mutable(impersonate),
        ...(authorization === undefined ? {} : { authorization }),
        ...headers,
      },
      body: body ?? null,
      signal,
    });
  }

  #dispatcher(credential: Credential): Dispatcher {
    if (this.#open !== undefined && sameTls(this.#open.credential, credential)) return this.#open.dispatcher;
    // It ends when the last of its requests has; a failure of that is the failure of those requests.
    this.#open?.dispatcher.close().catch(() => undefined);
    const dispatcher = dispatcherFor(this.#cluster, credential);
    this.#open = { credential, dispatcher };
    return dispatcher;
  }
}

function dispatcherFor(cluster: Cluster, credential: Credential): Dispatcher {
  const tls = {
    allowH2: false,
    // A kubeconfig without an authority means those of the system, for which Node.js alone would take its own list.
    ...(cluster.server.protocol === 'https:' ? { ca: credential.ca ?? systemAuthorities() } : {}),
    ...(credential.cert === undefined ? {} : { cert: credential.cert, key: credential.key ?? '' }),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
    ...(cluster.insecure ? { rejectUnauthorized: false } : {}),
  };
  // Time limits are the caller's, who knows what a request is for.
  const options = {
    ...{ allowH2: false, headersTimeout: 0, bodyTimeout: 0 },
    ...{ keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS },
  };
  return cluster.proxy === undefined
    ? new Agent({ ...options, connect: { ...tls, timeout: CONNECT_TIMEOUT_MS } })
    : new ProxyAgent({ ...options, uri: cluster.proxy, connectTimeout: CONNECT_TIMEOUT_MS, requestTls: tls });
}

function systemAuthorities(): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}

function sameTls(a: Credential, b: Credential): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

function mutable(headers: Cluster['impersonate']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}
