import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import { Agent, type Dispatcher } from 'undici';
import type { Cluster as KubeCluster } from '../../../src/kube/cluster.ts';
import { findCluster } from '../../../src/kube/kubeconfig.ts';
import type { Cluster } from '../../cluster/cluster.ts';

/** What is done to a write. */
export type Fate =
  /** It goes through. */
  | 'pass'
  /** It is done, and whoever asked for it never hears so. */
  | 'lose'
  /** It is not done: the server is in trouble. */
  | 'refuse';

/** A write of the controller that counts: not its Lease, and no Events. */
export interface Write {
  /** From 1. */
  readonly number: number;
  /** `POST pods`, `PUT modelversions/status` */
  readonly what: string;
}

const UNCOUNTED = /\/(leases|events)(\/|\?|$)/;

/**
 * Stands between a controller and the API server, counts what it writes and decides what becomes of each write, and can
 * hold back what watches tell.
 */
export class ApiProxy {
  readonly writes: Write[] = [];
  /** Asked before a write is passed on. */
  fate: (write: Write) => Fate = () => 'pass';
  /** Called when a write has been done, before whoever asked for it is told. */
  done: (write: Write) => void = () => undefined;
  /** Milliseconds by which whatever watches tell comes late. */
  watchDelay = 0;
  readonly #upstream: KubeCluster;
  readonly #agent: Agent;
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => response.destroy());
  });

  private constructor(upstream: KubeCluster, ca: string | undefined) {
    this.#upstream = upstream;
    this.#agent = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect: { ca } });
  }

  static async start(cluster: Cluster): Promise<ApiProxy> {
    const upstream = await findCluster({ env: process.env, kubeconfig: cluster.kubeconfig });
    const { ca } = await upstream.credentials.current();
    const proxy = new ApiProxy(upstream, ca);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Writes a kubeconfig by which the cluster is reached through here. */
  async kubeconfig(path: string): Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'proxy', cluster: { server: `http://127.0.0.1:${port}` } }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
      users: [{ name: 'proxy', user: {} }],
      'current-context': 'proxy',
    };
    await writeFile(path, JSON.stringify(config)); // JSON is YAML
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#agent.destroy();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const body = await whole(request);
    const write = method === 'GET' || UNCOUNTED.test(url) ? undefined : this.#count(method, url);
    const fate = write === undefined ? 'pass' : this.fate(write);
    if (fate === 'refuse') {
      response.writeHead(500, { 'content-type': 'application/json' }).end(TROUBLE);
      return;
    }
    const answer = await this.#pass(method, url, request.headers['content-type'], body);
    if (write === undefined) {
      await this.#stream(answer, response, url.includes('watch=true') ? this.watchDelay : 0);
      return;
    }
    const text = await answer.body.text();
    this.done(write);
    if (fate === 'lose') response.destroy();
    else response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(text);
  }

  #count(method: string, url: string): Write {
    const write = { number: this.writes.length + 1, what: `${method} ${resourceOf(url)}` };
    this.writes.push(write);
    return write;
  }

  async #pass(
    method: string,
    path: string,
    type: string | undefined,
    body: Buffer,
  ): Promise<Dispatcher.ResponseData> {
    const { authorization } = await this.#upstream.credentials.current();
    return this.#agent.request({
      origin: this.#upstream.server.origin,
      path,
      method,
      headers: {
        accept: 'application/json, */*',
        ...(authorization === undefined ? {} : { authorization }),
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      body: body.length === 0 ? null : body,
    });
  }

  async #stream(answer: Dispatcher.ResponseData, response: ServerResponse, late: number): Promise<void> {
    response.writeHead(answer.statusCode, { 'content-type': 'application/json' });
    response.flushHeaders();
    response.on('close', () => answer.body.destroy());
    // Each piece is late by as much, and their order stays.
    let passed: Promise<unknown> = Promise.resolve();
    for await (const piece of answer.body) {
      if (late === 0) {
        response.write(piece);
        continue;
      }
      const due = delay(late);
      passed = passed.then(() => due).then(() => response.write(piece));
    }
    await passed;
    response.end();
  }
}

const TROUBLE = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code: 500,
  reason: 'InternalError',
});

async function whole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `/apis/GROUP/VERSION/namespaces/a/modelversions/b/status?x` is about `modelversions/status`. */
function resourceOf(url: string): string {
  const [path = ''] = url.split('?');
  const parts = path.split('/').slice(path.startsWith('/api/') ? 3 : 4);
  const [plural = '', , subresource] = parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  return subresource === undefined ? plural : `${plural}/${subresource}`;
}
