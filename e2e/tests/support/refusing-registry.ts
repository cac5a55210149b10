import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { onTestFinished } from 'vitest';
import type { ClusterWith } from './cluster.ts';

/** An answer instead of the registry's. */
export interface Refusal {
  readonly status: number;
  /** As registries name it: `DENIED`, `TOOMANYREQUESTS`. Left out: a proxy before the registry answers. */
  readonly code?: string;
}

/** Whether a request is refused, by its method and its path with the query; undefined: it is not. It waits meanwhile. */
type Rule = (method: string, path: string) => Refusal | undefined | Promise<Refusal | undefined>;

/**
 * The cluster's registry, under another address, where some requests are refused. It ends with the test.
 * @returns `host:port`, for builder pods
 */
export async function refusingRegistry(
  cluster: ClusterWith<'registry' | 'node'>,
  rule: Rule,
): Promise<string> {
  const server = createServer((from, to) => {
    void answer(from, to).catch(() => to.destroy());
  });
  async function answer(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const refusal = await rule(from.method ?? 'GET', from.url ?? '/');
    if (refusal === undefined) await passOn(from, to, cluster.registry.host);
    else refuse(from, to, refusal);
  }
  server.listen(0, cluster.node.hostAddress);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { address, port } = server.address() as AddressInfo;
  return `${address}:${port}`;
}

function refuse(from: IncomingMessage, to: ServerResponse, { status, code }: Refusal): void {
  from.resume();
  const body =
    code === undefined
      ? '<html>no</html>'
      : JSON.stringify({ errors: [{ code, message: 'as the test wants it' }] });
  to.writeHead(status).end(body);
}

/** With the name that it was asked by, so that uploads go on here. */
async function passOn(from: IncomingMessage, to: ServerResponse, host: string): Promise<void> {
  const { method, url: path, headers } = from;
  const [hostname, port] = host.split(':');
  const onward = request({ hostname, port, method, path, headers });
  const answered = once(onward, 'response') as Promise<[IncomingMessage]>;
  const [[answer]] = await Promise.all([answered, pipeline(from, onward)]);
  to.writeHead(answer.statusCode ?? 500, answer.headers);
  await pipeline(answer, to);
}
