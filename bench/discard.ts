/** A registry that takes everything and keeps nothing: for models that are larger than the disk. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Runs `use` with such a registry, given as `host:port`, and gives the bytes of blobs that it was sent as well. */
export async function withDiscardRegistry<T>(
  use: (registry: string) => Promise<T>,
): Promise<{ value: T; received: number }> {
  let received = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (received += request.method === 'PATCH' ? chunk.length : 0));
    request.on('end', () => answer(request, response));
  });
  // A model of 24 GiB takes longer than what Node grants a request.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const value = await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    return { value, received };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The answers of distribution-spec, "Pushing Blobs" and "Pushing Manifests", of a registry that never has anything. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const statuses: Record<string, number> = { POST: 202, PATCH: 202, PUT: 201 };
  const status = statuses[request.method ?? ''] ?? (pathname === '/v2/' ? 200 : 404);
  const location = request.method === 'POST' ? `${pathname}session` : pathname;
  response.writeHead(status, { 'content-length': 0, location }).end();
}
