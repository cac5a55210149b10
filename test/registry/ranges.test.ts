import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA, type Descriptor } from '../../src/oci/manifest.ts';
import { NoRanges } from '../../src/oci/no-ranges.ts';
import { givesRanges, type RangeReader } from '../../src/oci/target.ts';
import { TIMEOUTS } from '../../src/registry/transport.ts';
import { someBytes } from '../support/blob-sources.ts';
import { faultProxy } from '../support/fault-proxy.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { collect } from '../support/layers.ts';
import { dockerConfig } from '../support/docker-config.ts';
import { FAST_RETRY, openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const BYTES = someBytes(300_000, 'ranges');
const BLOB: Descriptor = { mediaType: MEDIA.layer, digest: digestOf(BYTES), size: BYTES.length };

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server that answers requests for the blob. @returns its host, and the ranges that it was asked for */
async function server(
  answer: Answer,
): Promise<{ host: string; asked: string[]; heads: IncomingMessage['headers'][] }> {
  const [asked, heads]: [string[], IncomingMessage['headers'][]] = [[], []];
  const http = createServer((request, response) => {
    asked.push(request.headers.range ?? '');
    heads.push(request.headers);
    answer(request, response, asked.length);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return { host: `127.0.0.1:${(http.address() as AddressInfo).port}`, asked, heads };
}

function boundsOf(request: IncomingMessage): [from: number, to: number] {
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  return [Number(from), Number(to)];
}

/** Answers as it should, or with fewer bytes than asked for, or with the connection cut after some. */
function part(
  request: IncomingMessage,
  response: ServerResponse,
  { most = Infinity, cutAfter = Infinity } = {},
): void {
  const [from, asked] = boundsOf(request);
  const to = Math.min(asked, from + most - 1);
  response.writeHead(206, {
    'content-range': `bytes ${from}-${to}/${BYTES.length}`,
    'content-length': to - from + 1,
  });
  if (cutAfter > to - from) response.end(BYTES.subarray(from, to + 1));
  else response.write(BYTES.subarray(from, from + cutAfter), () => response.destroy());
}

async function client(host: string, options = {}): Promise<RangeReader> {
  const target = await openClient(host, 'team/model', options);
  if (!givesRanges(target)) throw new Error('it gives no ranges');
  return target;
}

async function read(reader: RangeReader, from: number, length: number): Promise<Buffer> {
  return (await collect(reader.readRange(BLOB, from, length, NEVER))).bytes;
}

describe('a range of a blob', () => {
  it.each([
    [0, 300_000],
    [0, 1],
    [299_999, 1],
    [1000, 100_000],
    [5, 0],
  ])('is read: %i, %i', async (from, length) => {
    const { host, asked } = await server((request, response) => part(request, response));
    expect((await read(await client(host), from, length)).equals(BYTES.subarray(from, from + length))).toBe(
      true,
    );
    expect(asked).toEqual(length === 0 ? [] : [`bytes=${from}-${from + length - 1}`]);
  });

  it('goes on from the byte that is missing when the connection breaks', async () => {
    const { host, asked } = await server((request, response, count) =>
      part(request, response, count < 9 ? { cutAfter: 30_000 } : {}),
    );
    expect((await read(await client(host), 1000, 290_000)).equals(BYTES.subarray(1000, 291_000))).toBe(true);
    expect(asked).toHaveLength(9);
    expect(asked[1]).toBe('bytes=31000-290999');
  });

  it('goes on after a stall and errors that pass', async () => {
    const { host } = await server((request, response, count) => {
      if (count === 2) response.writeHead(503).end();
      else if (count === 1) {
        const [from, to] = boundsOf(request);
        response.writeHead(206, {
          'content-range': `bytes ${from}-${to}/${BYTES.length}`,
          'content-length': to - from + 1,
        });
        response.write(BYTES.subarray(from, from + 1000));
      } else part(request, response);
    });
    const reader = await client(host, { timeouts: { ...TIMEOUTS, body: 50 } });
    expect((await read(reader, 10, 5000)).equals(BYTES.subarray(10, 5010))).toBe(true);
  });

  it('may come in several answers, which is no failure', async () => {
    const { host, asked } = await server((request, response) => part(request, response, { most: 40_000 }));
    const reader = await client(host, { retry: { ...FAST_RETRY, attempts: 1 } });
    expect((await read(reader, 0, 100_000)).equals(BYTES.subarray(0, 100_000))).toBe(true);
    expect(asked).toHaveLength(3);
  });

  it.each<[string, Answer]>([
    ['answer after answer', (request, response) => part(request, response, { most: 1 })],
    ['before each break', (request, response) => part(request, response, { cutAfter: 1 })],
  ])('ends with an error when hardly anything comes, %s', async (_, answer) => {
    const { host, asked } = await server(answer);
    expect(await rejectionOf(read(await client(host), 0, 100_000))).toMatchObject({
      code: 'RegistryUnreachable',
    });
    expect(asked).toHaveLength(6);
  });

  it('ends with an error when nothing comes time and again', async () => {
    const { host, asked } = await server((_, response) => response.destroy());
    expect(await rejectionOf(read(await client(host), 0, 10))).toMatchObject({ code: 'RegistryUnreachable' });
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  it.each<[string, Answer]>([
    [
      'another beginning',
      (_, response) =>
        response.writeHead(206, { 'content-range': `bytes 0-9/${BYTES.length}` }).end(BYTES.subarray(0, 10)),
    ],
    [
      'another blob',
      (_, response) =>
        response.writeHead(206, { 'content-range': 'bytes 5-14/77' }).end(BYTES.subarray(5, 15)),
    ],
    ['no Content-Range', (_, response) => response.writeHead(206).end(BYTES.subarray(5, 15))],
    ['416', (_, response) => response.writeHead(416).end()],
  ])('is refused where the answer is about %s', async (_, answer) => {
    const { host } = await server(answer);
    expect(await rejectionOf(read(await client(host), 5, 10))).toMatchObject({ code: 'RegistryCorrupt' });
  });

  it('is cut where more comes', async () => {
    const { host } = await server((request, response) => {
      const [from] = boundsOf(request);
      response
        .writeHead(206, { 'content-range': `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` })
        .end(BYTES.subarray(from));
    });
    expect(await read(await client(host), 5, 10)).toEqual(BYTES.subarray(5, 15));
  });

  it('is kept through a redirect to another server, and credentials are not', async () => {
    const store = await server((request, response) => part(request, response));
    const registry = await server((request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end();
      else response.writeHead(307, { location: `http://${store.host}/x` }).end();
    });
    const env = await dockerConfig({ [registry.host]: { username: 'ann', password: 'hunter2' } });
    expect(await read(await client(registry.host, { env }), 5, 10)).toEqual(BYTES.subarray(5, 15));
    expect(registry.heads.at(-1)).toHaveProperty('authorization');
    expect(registry.asked.at(-1)).toBe('bytes=5-14');
    expect(store.asked).toEqual(['bytes=5-14']);
    expect(store.heads[0]).not.toHaveProperty('authorization');
  });

  it('comes whatever way a server has to send it', async () => {
    const { host, asked } = await server((request, response) => {
      const [from, to] = boundsOf(request);
      response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${BYTES.length}` });
      response.write(BYTES.subarray(from, from + 10)); // Without a length: in chunks.
      response.end(BYTES.subarray(from + 10, to + 1));
    });
    const reader = await client(host);
    for (const from of [7, 70, 700, 7000, 70_000])
      expect((await read(reader, from, 200_000)).equals(BYTES.subarray(from, from + 200_000))).toBe(true);
    // The first few times it is found out, and asked for again.
    expect(asked).toHaveLength(8);
  });

  it('comes over the connection of the one before', async () => {
    const connections = new Set<unknown>();
    const { host } = await server((request, response) => {
      connections.add(request.socket);
      part(request, response);
    });
    const reader = await client(host);
    for (let from = 0; from < 3; from++) await read(reader, from, 200_000);
    expect(connections.size).toBe(1);
  });

  it('ends when its reader has enough', async () => {
    const { host } = await server((request, response) => part(request, response));
    const reader = await client(host);
    for await (const chunk of reader.readRange(BLOB, 0, 300_000, NEVER)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(await read(reader, 1, 2)).toEqual(BYTES.subarray(1, 3));
  });

  it('ends when it is cancelled', async () => {
    const { host } = await server(() => undefined);
    const stop = new AbortController();
    const reading = collect((await client(host)).readRange(BLOB, 0, 10, stop.signal));
    setImmediate(() => stop.abort());
    expect(await rejectionOf(reading)).toMatchObject({ code: 'Cancelled' });
  });
});

describe('a server that knows no ranges', () => {
  it('gives blobs from their beginning, after a break too', async () => {
    const { host, asked } = await server((_, response, count) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      if (count === 1) response.write(BYTES.subarray(0, 50_000), () => response.destroy());
      else response.end(BYTES);
    });
    expect((await read(await client(host), 0, 200_000)).equals(BYTES.subarray(0, 200_000))).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('is told from others', async () => {
    const { host } = await server((_, response) => response.writeHead(200).end(BYTES));
    const error = await rejectionOf(read(await client(host), 1, 2));
    expect(error).toBeInstanceOf(NoRanges);
    expect(error.code).toBe('RegistryFailed');
  });
});

describe('a range through a bad network', () => {
  it('arrives', async () => {
    const registry = await faultRegistry();
    registry.store.putBlob('team/model', BLOB.digest, BYTES);
    const proxy = await faultProxy(new URL(registry.origin));
    const reader = await client(`127.0.0.1:${proxy.port}`);
    proxy.truncateAfter(100_000);
    expect((await read(reader, 0, 250_000)).equals(BYTES.subarray(0, 250_000))).toBe(true);
  });
});
