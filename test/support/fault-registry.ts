import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { answerFault, FaultList, readBody, reset, type Fault, type Step } from './fault-registry/faults.ts';
import {
  error,
  fillPartly,
  routeOf,
  send,
  work,
  type Reply,
  type Route,
  type UploadQuirks,
  type Work,
} from './fault-registry/routes.ts';
import { Store } from './fault-registry/store.ts';
import { basicHeader, tokenRequest, Tokens, type Auth } from './fault-registry/tokens.ts';

export type { Fault, Step } from './fault-registry/faults.ts';

export interface FaultRegistryOptions {
  readonly auth?: Auth;
  /** PEM texts: then it speaks HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** How it writes the addresses of uploads. Default: relative. */
  readonly locations?: 'relative' | 'absolute';
  readonly uploads?: UploadQuirks;
}

/** One request as the registry saw it. */
export interface JournalEntry {
  readonly step: Step;
  readonly method: string;
  /** With the query, as it was sent. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Bytes of the body that were read. */
  bytes: number;
  /** What was answered; undefined when nothing was. */
  status: number | undefined;
}

/** Starts a registry that ends with the running test. */
export async function faultRegistry(options: FaultRegistryOptions = {}): Promise<FaultRegistry> {
  const registry = await startFaultRegistry(options);
  onTestFinished(() => registry.stop());
  return registry;
}

/** Starts a registry that the caller must stop. */
export async function startFaultRegistry(options: FaultRegistryOptions = {}): Promise<FaultRegistry> {
  const registry = new FaultRegistry(options);
  await registry.listen();
  return registry;
}

/** A registry in this process, in memory, that fails where and how a test wants it to. */
export class FaultRegistry {
  readonly store = new Store();
  readonly tokens = new Tokens();
  /** All requests, in the order they came in. */
  readonly journal: JournalEntry[] = [];
  readonly #options: FaultRegistryOptions;
  readonly #faults = new FaultList();
  readonly #handling = new Set<Promise<unknown>>();
  readonly #server: Server;

  constructor(options: FaultRegistryOptions) {
    this.#options = options;
    const listener: RequestListener = (request, response) => {
      // A client that goes away in the middle is what many tests are about.
      const handling = this.#handle(request, response).catch(() => response.destroy());
      this.#handling.add(handling);
      void handling.then(() => this.#handling.delete(handling));
    };
    this.#server =
      options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** `127.0.0.1:12345` */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `http://127.0.0.1:12345` */
  get origin(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${this.host}`;
  }

  /** Lets the next requests of a step fail; faults of one step happen in the order they were asked for. */
  fail(step: Step, fault: Fault, times = 1): this {
    this.#faults.add(step, fault, times);
    return this;
  }

  /** From now on nothing fails. */
  mend(): void {
    this.#faults.clear();
  }

  /** Until it has noticed of all requests how they ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#handling);
  }

  /** How often a step was asked for. */
  count(step: Step): number {
    return this.journal.filter((entry) => entry.step === step).length;
  }

  /** The steps in order, the cancelling of uploads and the getting of tokens included. */
  get steps(): Step[] {
    return this.journal.map(({ step }) => step);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routeOf(request);
    const entry = this.#enter(route, request);
    response.on('finish', () => (entry.status = response.statusCode));
    const fault = this.#faults.next(route.step);
    if (fault?.kind === 'stall') return;
    const early = fault?.kind === 'redirect' || (fault?.kind === 'status' && fault.early === true);
    const refusal = early ? undefined : (this.#tooLarge(request) ?? this.#unauthorized(route, request));
    if (refusal !== undefined) {
      send(response, refusal, true);
      return;
    }
    if (early) {
      answerFault(response, fault);
      return;
    }
    const body = await readBody(request, fault, {
      onBytes: (bytes) => (entry.bytes += bytes),
      onBroken: (bytes) => {
        if (route.step === 'PATCH') fillPartly(this.#task(route, request, bytes, fault));
      },
    });
    if (body !== undefined) this.#answer({ route, request, response, body, fault });
  }

  #tooLarge({ headers }: IncomingMessage, bytes = Number(headers['content-length'] ?? 0)): Reply | undefined {
    const { maxBody = Infinity } = this.#options.uploads ?? {};
    return bytes > maxBody ? error(413, 'TOO_LARGE') : undefined;
  }

  #answer({ route, request, response, body, fault }: Exchange): void {
    const faulty = fault?.kind === 'status';
    if (faulty && fault.done !== true) {
      answerFault(response, fault);
      return;
    }
    const tooLarge = this.#tooLarge(request, body.length);
    const reply =
      tooLarge ??
      (route.step === 'token' ? this.#token(request, body) : this.#work(route, request, body, fault));
    if (faulty) {
      answerFault(response, fault);
      return;
    }
    if (fault?.kind === 'reset') {
      reset(request.socket);
      return;
    }
    const location = fault?.kind === 'location' ? { location: fault.to } : {};
    send(response, { ...reply, headers: { ...reply.headers, ...location } }, request.method !== 'HEAD');
  }

  #enter({ step }: Route, { method = '', url = '', headers }: IncomingMessage): JournalEntry {
    const entry: JournalEntry = { step, method, path: url, headers, bytes: 0, status: undefined };
    this.journal.push(entry);
    return entry;
  }

  #work(route: Route, request: IncomingMessage, body: Buffer, fault: Fault | undefined): Reply {
    return work(this.#task(route, request, body, fault));
  }

  #task(route: Route, { headers }: IncomingMessage, body: Buffer, fault: Fault | undefined): Work {
    const locationPrefix = this.#options.locations === 'absolute' ? this.origin : '';
    const quirks = this.#options.uploads ?? {};
    return { store: this.store, route, headers, body, fault, locationPrefix, quirks };
  }

  #unauthorized({ step, repository }: Route, { headers }: IncomingMessage): Reply | undefined {
    const auth = this.#options.auth ?? { kind: 'none' };
    if (auth.kind === 'none' || step === 'token') return undefined;
    const good =
      auth.kind === 'basic'
        ? headers.authorization === basicHeader(auth)
        : this.tokens.accept(headers.authorization) &&
          (auth.missingNeedsPush !== true ||
            this.store.hasRepository(repository) ||
            this.tokens.mayPush(headers.authorization, repository));
    if (good) return undefined;
    const bearer = (realm: string): string =>
      `Bearer realm="${realm}",service="fault",scope="repository:${repository}:pull"`;
    const challenge =
      auth.kind === 'basic' ? 'Basic realm="fault"' : bearer(auth.realm ?? `${this.origin}/token`);
    return { ...error(401, 'UNAUTHORIZED'), headers: { 'www-authenticate': challenge } };
  }

  #token(request: IncomingMessage, body: Buffer): Reply {
    const auth = this.#options.auth;
    if (auth?.kind !== 'token') return error(404, 'UNSUPPORTED');
    const { allowed, scopes } = tokenRequest(auth, request, body);
    if (!allowed) return error(401, 'UNAUTHORIZED');
    const answer = { token: this.tokens.give(scopes, auth.uses), expires_in: auth.expiresIn ?? 300 };
    return { status: 200, body: Buffer.from(JSON.stringify(answer)) };
  }
}

interface Exchange {
  readonly route: Route;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly fault: Fault | undefined;
}
