import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A client's connection and the one that was made for it to the server. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** When all that the server has said so far has been passed on. */
  passed: Promise<unknown>;
  /** Bytes that the client has sent. */
  sent: number;
}

/** Starts a proxy that ends with the running test. */
export async function faultProxy(target: URL): Promise<FaultProxy> {
  const proxy = new FaultProxy(target);
  await proxy.listen();
  onTestFinished(() => proxy.stop());
  return proxy;
}

/**
 * Passes bytes on between clients and a server, and does to the connections what networks do. It knows nothing of what
 * the bytes say, so that it serves TLS as well.
 */
export class FaultProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;
  #refusing = false;
  #stalled = false;
  #delay = 0;
  #allowance = Infinity;
  #resetEvery = Infinity;
  #received = 0;
  #answered = 0;
  #awaited: { readonly bytes: number; readonly reached: () => void }[] = [];

  constructor({ hostname, port }: URL) {
    this.#target = { host: hostname, port: Number(port) };
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Bytes that clients have sent so far: what was on the wire. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that were passed on to clients so far, whether they arrived or not. */
  get answered(): number {
    return this.#answered;
  }

  /** Calls once so many bytes have come from clients. */
  onReceived(bytes: number, reached: () => void): void {
    this.#awaited.push({ bytes, reached });
  }

  /** Resets all connections. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Resets new connections as soon as they are made. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Passes nothing on any more, on connections old and new, and closes none: nobody is told that the other is gone. */
  stall(): void {
    this.#stalled = true;
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Passes what the server says on after so many milliseconds. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** Passes so many more bytes of what the server says on, over all connections, and then resets them all, once. */
  truncateAfter(bytes: number): void {
    this.#allowance = bytes;
  }

  /** Resets each connection once the client has sent so many bytes over it, the connections that follow as well. */
  resetEvery(bytes: number): void {
    this.#resetEvery = bytes;
  }

  /** From now on does no harm. What was held back since stall() is lost with its connections. */
  heal(): void {
    if (this.#stalled) this.cut();
    this.#refusing = false;
    this.#stalled = false;
    this.#delay = 0;
    this.#allowance = Infinity;
    this.#resetEvery = Infinity;
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const pair = { client, server, passed: Promise.resolve(), sent: 0 };
    this.#pairs.add(pair);
    const forget = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      // What ends one side ends the other; that it ended is what tests are about.
      socket.on('error', forget).on('close', forget);
    }
    client.on('data', (bytes) => this.#pass(pair, bytes)).on('end', () => server.end());
    server.on('drain', () => {
      if (!this.#stalled) client.resume();
    });
    server.on('data', (bytes) => this.#answer(pair, bytes)).on('end', () => client.end());
    if (this.#stalled) client.pause();
  }

  /** What was passed on is on its way, and no more than that: a client that is faster than the server waits. */
  #pass(pair: Pair, bytes: Buffer): void {
    const { client, server } = pair;
    this.#received += bytes.length;
    const due = this.#awaited.filter((each) => each.bytes <= this.#received);
    this.#awaited = this.#awaited.filter((each) => !due.includes(each));
    for (const { reached } of due) reached();
    const allowed = bytes.subarray(0, this.#resetEvery - pair.sent);
    pair.sent += bytes.length;
    if (pair.sent < this.#resetEvery) {
      if (!server.write(allowed)) client.pause();
      return;
    }
    client.pause();
    // As proxies and load balancers do it: what they have taken still arrives.
    server.write(allowed, () => {
      client.resetAndDestroy();
      server.end();
    });
  }

  #answer(pair: Pair, bytes: Buffer): void {
    const allowed = bytes.subarray(0, this.#allowance);
    this.#allowance -= allowed.length;
    const wait = this.#delay > 0 ? delay(this.#delay) : undefined;
    // In order, also when the delay has become shorter in between.
    pair.passed = pair.passed
      .then(() => wait)
      .then(() => {
        if (!pair.client.writable || this.#stalled) return;
        this.#answered += allowed.length;
        pair.client.write(allowed);
      });
    if (this.#allowance > 0) return;
    this.#allowance = Infinity;
    void pair.passed.then(() => setImmediate(() => this.cut()));
  }
}
