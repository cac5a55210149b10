/**
 * A registry that keeps blobs in files with holes where they are zero: so models that are larger than the disk can be
 * pushed, gone on with and pulled. It checks nothing; distribution-spec v1.1 as far as that takes.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createHash, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { TRANSIENT } from './paths.ts';

export interface SparseRegistry {
  /** `host:port` */
  readonly host: string;
  /** Bytes of blobs that it was sent. */
  readonly received: number;
}

interface Upload {
  readonly file: FileHandle;
  readonly path: string;
  size: number;
}

/** Runs `use` with such a registry. */
export async function withSparseRegistry<T>(use: (registry: SparseRegistry) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(`${TRANSIENT}sparse-`);
  const store = new Store(directory);
  const server = createServer((request, response) => {
    store.answer(request, response).catch(() => response.destroy());
  });
  // A model of 24 GiB takes longer than what Node grants a request.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await use({
      host,
      get received() {
        return store.received;
      },
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

class Store {
  received = 0;
  readonly #directory: string;
  readonly #uploads = new Map<string, Upload>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const name = pathname.split('/').at(-1) ?? '';
    if (pathname.includes('/blobs/uploads/')) await this.#upload(request, response, name, searchParams);
    else if (pathname.includes('/manifests/') && request.method === 'PUT')
      await this.#putManifest(request, response, name);
    else await this.#give(request, response, name, pathname.includes('/manifests/'));
  }

  async #upload(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    query: URLSearchParams,
  ): Promise<void> {
    const { method } = request;
    const upload = this.#uploads.get(id) ?? (method === 'POST' ? await this.#begin() : undefined);
    if (upload === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (method === 'PATCH') await this.#take(request, upload);
    const digest = query.get('digest');
    if (method === 'PUT' && digest !== null) {
      await upload.file.close();
      await rename(upload.path, `${this.#directory}/${digest}`);
    }
    const location =
      method === 'POST' ? `/v2/x/blobs/uploads/${upload.path.split('/').at(-1) ?? ''}` : request.url;
    const range = `0-${Math.max(0, upload.size - 1)}`;
    const status = method === 'PUT' ? 201 : method === 'GET' ? 204 : 202;
    response.writeHead(status, { location: locationFor(request, location), range }).end();
  }

  async #begin(): Promise<Upload> {
    const id = randomUUID();
    const path = `${this.#directory}/${id}`;
    const upload = { path, file: await open(path, 'w'), size: 0 };
    this.#uploads.set(id, upload);
    return upload;
  }

  /** What has arrived when the connection breaks is kept. */
  async #take(request: IncomingMessage, upload: Upload): Promise<void> {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (!isZero(chunk)) await upload.file.write(chunk, 0, chunk.length, upload.size);
      upload.size += chunk.length;
      this.received += chunk.length;
    }
    await upload.file.truncate(upload.size);
  }

  async #putManifest(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    for (const each of new Set([name, digest])) await writeFile(`${this.#directory}/${each}`, bytes);
    response.writeHead(201, { 'docker-content-digest': digest }).end();
  }

  async #give(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    isManifest: boolean,
  ): Promise<void> {
    const path = `${this.#directory}/${name}`;
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    const [, from = '0', to = String(size - 1)] =
      /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(from), Math.min(Number(to), size - 1)];
    const type = isManifest ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream';
    const headers = { 'content-type': type, 'content-length': end - start + 1 };
    const partial = request.headers.range !== undefined;
    response.writeHead(partial ? 206 : 200, {
      ...headers,
      ...(partial ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(path, { start, end, highWaterMark: 1024 * 1024 }), response);
  }
}

const ZEROS = Buffer.alloc(1024 * 1024);

function isZero(chunk: Buffer): boolean {
  return chunk.length <= ZEROS.length && chunk.equals(ZEROS.subarray(0, chunk.length));
}

/** An upload is one of the repository that is asked for. */
function locationFor({ url = '' }: IncomingMessage, location: string | undefined): string {
  const repository = url.slice(0, url.indexOf('/blobs/uploads/'));
  return (location ?? url).replace(/^\/v2\/x(?=\/blobs)/, repository);
}
