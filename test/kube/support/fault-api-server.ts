import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Cluster, Credential } from '../../../src/kube/cluster.ts';
import type { KubeObject } from '../../../src/kube/object.ts';
import { ObjectStore } from './object-store.ts';

/** What goes wrong with a request. */
export type Fault =
  /** This answer instead; with `done` after the work was done all the same. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly reason?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly done?: boolean;
    }
  /** The connection is reset without an answer; with `done` after the work was done. */
  | { readonly kind: 'reset'; readonly done?: boolean }
  /** No answer ever. */
  | { readonly kind: 'stall' }
  /** The answer breaks off after so many bytes. */
  | { readonly kind: 'cut'; readonly bytes: number };

export interface SeenRequest {
  readonly verb: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The client's end of the connection. */
  readonly port: number | undefined;
}

/**
 * An API server in this process that does what a test tells it to: a list in pages, watches, optimistic concurrency,
 * for one collection per path; no schemas and no rights. It is for faults that a real one cannot be asked for.
 */
export class FaultApiServer {
  readonly requests: SeenRequest[] = [];
  readonly #stores = new Map<string, ObjectStore>();
  readonly #watches = new Set<ServerResponse>();
  readonly #snapshots = new Map<string, { readonly version: number; readonly items: KubeObject[] }>();
  readonly #faults: { matches: (request: SeenRequest) => boolean; fault: Fault }[] = [];
  readonly #server: Server;
  /** What the containers of pods have printed, by `namespace/name`; of others the log is not found. */
  readonly logs = new Map<string, readonly string[]>();
  /** Watches that begin now are told nothing at all. */
  mute = false;

  constructor() {
    this.#server = createServer((request, response) => {
      // A client that goes away in the middle is what many tests are about.
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  /** @param path of the collection over all namespaces: `/api/v1/pods`. */
  store(path: string): ObjectStore {
    const store = this.#stores.get(path) ?? new ObjectStore();
    this.#stores.set(path, store);
    return store;
  }

  /** Lets the next requests of a verb (list, watch, get, create, update, patch, delete) fail, one fault each. */
  fail(verb: string, ...faults: readonly Fault[]): void {
    for (const fault of faults) this.#faults.push({ matches: (request) => request.verb === verb, fault });
  }

  /** Forgets the faults that have not happened. */
  heal(): void {
    this.#faults.splice(0);
    this.mute = false;
  }

  count(verb: string): number {
    return this.requests.filter((request) => request.verb === verb).length;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  cutWatches(): void {
    for (const response of this.#watches) response.socket?.resetAndDestroy();
  }

  endWatches(): void {
    for (const response of this.#watches) response.end();
  }

  /** Writes this on all open watches. */
  say(text: string): void {
    for (const response of this.#watches) if (!response.writableEnded) response.write(text);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const url = new URL(message.url ?? '', this.url);
    const place = placeOf(url.pathname);
    const verb = verbOf(message.method ?? '', place, url);
    const port = message.socket.remotePort;
    const request = {
      verb,
      url,
      headers: message.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      port,
    };
    this.requests.push(request);
    const fault = this.#takeFault(request);
    if (fault !== undefined && isInstead(fault)) {
      answerFault(response, fault);
      return;
    }
    if (verb === 'watch') {
      this.#watch(place, url, response, fault);
      return;
    }
    if (verb === 'logs' && this.#sendLog(place, response)) return;
    const reply = this.#work(verb, place, request);
    if (fault === undefined) json(response, reply.status, reply.body);
    else if (fault.kind === 'cut') cut(response, JSON.stringify(reply.body), fault.bytes);
    else answerFault(response, fault);
  }

  /** @returns whether there is one */
  #sendLog({ key = '' }: PathPlace, response: ServerResponse): boolean {
    const lines = this.logs.get(key);
    if (lines === undefined) return false;
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(lines.map((line) => `${line}\n`).join(''));
    return true;
  }

  #takeFault(request: SeenRequest): Fault | undefined {
    const index = this.#faults.findIndex(({ matches }) => matches(request));
    return index === -1 ? undefined : this.#faults.splice(index, 1)[0]?.fault;
  }

  #work(verb: string, place: PathPlace, request: SeenRequest): Reply {
    const store = this.store(place.collection);
    if (verb === 'list') return this.#list(store, place, request.url);
    const body = (request.body === '' ? {} : JSON.parse(request.body)) as Body;
    const key = place.key ?? keyIn(place.namespace, body.metadata?.name ?? '');
    const before = store.get(key);
    if (before !== undefined) return changed(store, verb, { key, before, body });
    return verb === 'create' || verb === 'apply'
      ? { status: 201, body: store.put(key, body) }
      : refusal(404, 'NotFound');
  }

  #list(store: ObjectStore, { namespace }: PathPlace, url: URL): Reply {
    const token = url.searchParams.get('continue');
    const [id = '', start = '0'] = token?.split(':') ?? [];
    const snapshot =
      token === null
        ? { version: store.version, items: selected(inNamespace(store.all(), namespace), url) }
        : this.#snapshots.get(id);
    if (snapshot === undefined || snapshot.version < store.oldest) return refusal(410, 'Expired');
    const limit = Number(url.searchParams.get('limit') ?? 500);
    const end = Number(start) + limit;
    const name = token === null ? `list-${this.requests.length}` : id;
    this.#snapshots.set(name, snapshot);
    const metadata = {
      resourceVersion: String(snapshot.version),
      ...(end < snapshot.items.length ? { continue: `${name}:${end}` } : {}),
    };
    return { status: 200, body: { kind: 'List', metadata, items: snapshot.items.slice(Number(start), end) } };
  }

  #watch(
    { collection, namespace }: PathPlace,
    url: URL,
    response: ServerResponse,
    fault: Fault | undefined,
  ): void {
    const store = this.store(collection);
    const from = Number(url.searchParams.get('resourceVersion') ?? 0);
    // Real servers say it in either way.
    if (from < store.oldest && from % 2 === 0) {
      const reply = refusal(410, 'Expired');
      json(response, reply.status, reply.body);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < store.oldest) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: refusal(410, 'Expired').body })}\n`);
      return;
    }
    // A real server says nothing on a watch from a version that it has not come to.
    const mute = this.mute || from > store.version;
    let left = fault?.kind === 'cut' ? fault.bytes : Infinity;
    const send = (type: string, object: object): void => {
      if (mute || left <= 0 || response.writableEnded) return;
      const line = `${JSON.stringify({ type, object })}\n`;
      response.write(line.slice(0, left));
      left -= line.length;
      if (left <= 0) response.socket?.destroySoon();
    };
    const sendEvent = ({ type, object }: { type: string; object: KubeObject }): void => {
      if (selected(inNamespace([object], namespace), url).length > 0) send(type, object);
    };
    store.since(from).forEach(sendEvent);
    const forget = store.listen(sendEvent);
    this.#watches.add(response);
    response.on('close', () => {
      forget();
      this.#watches.delete(response);
    });
  }
}

/** Starts a server that ends with the running test. */
export async function faultApiServer(): Promise<FaultApiServer> {
  const server = new FaultApiServer();
  await server.listen();
  onTestFinished(() => server.stop());
  return server;
}

/** How to reach a server without TLS. */
export function plainCluster(server: URL, credential: Credential = {}): Cluster {
  return {
    name: 'test',
    server,
    namespace: 'default',
    proxy: undefined,
    tlsServerName: undefined,
    insecure: false,
    impersonate: {},
    credentials: { current: () => Promise.resolve(credential), renew: () => Promise.resolve(false) },
  };
}

interface PathPlace {
  /** The path without namespace and name. */
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly key: string | undefined;
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

interface Body {
  readonly metadata?: { readonly name?: string; readonly uid?: string; readonly resourceVersion?: string };
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

function changed(
  store: ObjectStore,
  verb: string,
  { key, before, body }: { readonly key: string; readonly before: KubeObject; readonly body: Body },
): Reply {
  if (verb === 'logs') return refusal(404, 'NotFound');
  if (verb === 'create') return refusal(409, 'AlreadyExists');
  if (verb === 'get') return { status: 200, body: before };
  if (!meets(before, { ...body.metadata, ...body.preconditions })) return refusal(409, 'Conflict');
  if (verb !== 'delete')
    return { status: 200, body: store.put(key, verb === 'update' ? body : merged(before, body)) };
  if ((before.metadata.finalizers ?? []).length > 0) {
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    return { status: 200, body: store.put(key, merged(before, { metadata: { deletionTimestamp } })) };
  }
  store.delete(key);
  return { status: 200, body: { kind: 'Status', status: 'Success' } };
}

/** Whether the fault comes instead of the work. */
function isInstead(fault: Fault): boolean {
  return fault.kind === 'stall' || (fault.kind !== 'cut' && fault.done !== true);
}

function meets(
  { metadata }: KubeObject,
  wanted: { readonly uid?: string; readonly resourceVersion?: string },
): boolean {
  const { uid = metadata.uid, resourceVersion = metadata.resourceVersion } = wanted;
  return uid === metadata.uid && resourceVersion === metadata.resourceVersion;
}

function placeOf(path: string): PathPlace {
  const match = /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?/.exec(
    path,
  );
  const [, group = '', namespace, plural = '', name] = match ?? [];
  return {
    collection: `${group}/${plural}`,
    namespace,
    key: name === undefined ? undefined : keyIn(namespace, name),
  };
}

function keyIn(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function verbOf(method: string, { key }: PathPlace, url: URL): string {
  if (method === 'GET' && url.searchParams.has('watch')) return 'watch';
  if (method === 'GET') return url.pathname.endsWith('/log') ? 'logs' : key === undefined ? 'list' : 'get';
  if (method === 'PATCH') return url.searchParams.has('force') ? 'apply' : 'patch';
  return { POST: 'create', PUT: 'update', DELETE: 'delete' }[method] ?? method;
}

function inNamespace(objects: readonly KubeObject[], namespace: string | undefined): KubeObject[] {
  return objects.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
}

/** Field selectors of the form `path=value`. */
function selected(objects: readonly KubeObject[], url: URL): KubeObject[] {
  const [path = '', value] = (url.searchParams.get('fieldSelector') ?? '').split('=');
  if (value === undefined) return [...objects];
  const read = (object: unknown, key: string): unknown =>
    (object as Record<string, unknown> | undefined)?.[key];
  return objects.filter((object) => path.split('.').reduce<unknown>(read, object) === value);
}

function merged(before: object, patch: object): object {
  const result: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else if (typeof value === 'object' && !Array.isArray(value))
      result[key] = merged(result[key] ?? {}, value as object);
    else result[key] = value;
  }
  return result;
}

function refusal(code: number, reason: string): Reply {
  return {
    status: code,
    body: { kind: 'Status', status: 'Failure', code, reason, message: `scripted ${reason}` },
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function cut(response: ServerResponse, text: string, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(text.slice(0, bytes), () => response.socket?.destroySoon());
}

function answerFault(response: ServerResponse, fault: Fault): void {
  if (fault.kind === 'reset') response.socket?.resetAndDestroy();
  if (fault.kind !== 'status') return;
  const { status, reason = 'Scripted', headers = {}, body } = fault;
  const document = { kind: 'Status', status: 'Failure', code: status, reason, message: `scripted ${reason}` };
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(body ?? JSON.stringify(document));
}
