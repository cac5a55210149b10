import { validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import { errors } from 'undici';
import { systemCode } from '../errors.ts';
import type { Answer } from './answer.ts';
import { BulkConnection, type ConnectOptions } from './bulk-connection.ts';
import type { ResponseHead } from './response-head.ts';

/** A server may close what is idle at any time; most wait for longer. As undici has it. Milliseconds. */
const IDLE_MS = 4000;

/** An answer that is no more than this, such as a redirect or an error, is read at once. */
const SMALL_BYTES = 64 * 1024;

/** What stands before a server that is ill may answer in other ways for a while. */
const MAX_ODD = 3;

export interface BulkRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds until the answer begins. */
  readonly within: number;
  readonly signal: AbortSignal;
}

/** Gets what is large over connections that are made for that: see BulkConnection. */
export class Bulk {
  readonly #options: ConnectOptions;
  readonly #bodyWithin: number;
  readonly #idle = new Map<string, BulkConnection[]>();
  readonly #open = new Set<BulkConnection>();
  /** How often in a row servers have answered in other ways. */
  readonly #odd = new Map<string, number>();
  #closed = false;

  /** @param bodyWithin milliseconds between two pieces of a body */
  constructor(options: ConnectOptions, bodyWithin: number) {
    this.#options = options;
    this.#bodyWithin = bodyWithin;
  }

  /**
   * Sends a GET. @returns undefined where the server's answers are not of the simple kind that is read here: then it is
   * to be asked with a whole HTTP client, after some times at once
   * @throws errors of undici and of the system, and what the signal was aborted with
   */
  async get(request: BulkRequest): Promise<Answer | undefined> {
    const { origin } = request.url;
    const odd = this.#odd.get(origin) ?? 0;
    if (odd >= MAX_ODD) return undefined;
    const found = await this.#exchange(request);
    this.#odd.set(origin, found === undefined ? odd + 1 : 0);
    return found;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#open) connection.destroy(new errors.ClientDestroyedError());
    this.#open.clear();
    this.#idle.clear();
  }

  async #exchange(request: BulkRequest): Promise<Answer | undefined> {
    const { signal } = request;
    for (;;) {
      signal.throwIfAborted();
      const kept = this.#takeIdle(request.url.origin);
      const connection = kept ?? (await this.#connect(request.url));
      const stop = (): void => this.#drop(connection, signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      const over = (): void => signal.removeEventListener('abort', stop);
      try {
        if (signal.aborted) stop();
        const head = await this.#head(connection, request);
        if (head !== undefined) return await this.#answer(request, { connection, head, over });
        over();
        this.#drop(connection);
        return undefined;
      } catch (error) {
        over();
        this.#drop(connection);
        if (kept === undefined || connection.heard || signal.aborted || !isCut(error)) throw error;
        // The server had closed it, and we had not heard of it yet.
      }
    }
  }

  async #connect(url: URL): Promise<BulkConnection> {
    const connection = await BulkConnection.open(url, this.#options);
    this.#open.add(connection);
    if (this.#closed) this.#drop(connection, new errors.ClientDestroyedError());
    return connection;
  }

  async #head(connection: BulkConnection, request: BulkRequest): Promise<ResponseHead | undefined> {
    const timer = setTimeout(() => this.#drop(connection, new errors.HeadersTimeoutError()), request.within);
    try {
      return await connection.request(linesOf(request));
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(
    { url }: BulkRequest,
    { connection, head, over }: { connection: BulkConnection; head: ResponseHead; over: () => void },
  ): Promise<Answer> {
    const body = this.#body(connection, head, { origin: url.origin, over });
    const { status, headers, length } = head;
    const answer = { status, url, header: (name: string) => headers.get(name.toLowerCase()) };
    const dump = (): Promise<void> => {
      over();
      this.#drop(connection);
      return Promise.resolve();
    };
    if (length > SMALL_BYTES) return { ...answer, body: Object.assign(body, { dump }) };
    const bytes: Buffer[] = [];
    for await (const chunk of body) bytes.push(Buffer.from(chunk));
    return { ...answer, body: Object.assign(Readable.from(bytes), { dump: () => Promise.resolve() }) };
  }

  async *#body(
    connection: BulkConnection,
    { length, keepsAlive }: ResponseHead,
    { origin, over }: { origin: string; over: () => void },
  ): AsyncGenerator<Buffer, undefined> {
    let left = length;
    try {
      for await (const chunk of connection.body(length, this.#bodyWithin)) {
        left -= chunk.length;
        yield chunk;
      }
    } finally {
      // Many a reader has enough with the last chunk and does not ask whether there is another.
      over();
      if (left === 0 && keepsAlive && connection.isUsable) this.#keep(origin, connection);
      else this.#drop(connection);
    }
  }

  #keep(origin: string, connection: BulkConnection): void {
    const kept = this.#idle.get(origin) ?? [];
    this.#idle.set(origin, [...kept, connection]);
    connection.rest(IDLE_MS, () => {
      this.#open.delete(connection);
      this.#idle.set(origin, this.#idle.get(origin)?.filter((each) => each !== connection) ?? []);
    });
  }

  #takeIdle(origin: string): BulkConnection | undefined {
    const connection = this.#idle.get(origin)?.pop();
    connection?.wake();
    return connection;
  }

  #drop(connection: BulkConnection, why?: Error): void {
    this.#open.delete(connection);
    connection.destroy(why);
  }
}

/** Whether a connection was closed by the other side, rather than by us because it took too long or is not wanted. */
function isCut(error: unknown): boolean {
  return error instanceof errors.SocketError || ['ECONNRESET', 'EPIPE'].includes(systemCode(error) ?? '');
}

function linesOf({ url, headers }: BulkRequest): string[] {
  const fields = Object.entries({ host: url.host, ...headers }).map(([name, value]) => {
    validateHeaderValue(name, value);
    return `${name}: ${value}`;
  });
  return [`GET ${url.pathname}${url.search} HTTP/1.1`, ...fields];
}
