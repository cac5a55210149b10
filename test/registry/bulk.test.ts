import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Answer } from '../../src/registry/answer.ts';
import { Bulk } from '../../src/registry/bulk.ts';
import { someBytes } from '../support/blob-sources.ts';
import { collect } from '../support/layers.ts';

const NEVER = new AbortController().signal;
const BYTES = someBytes(3_000_000, 'bulk');
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BYTES.length}\r\n\r\n`;

interface Server {
  readonly url: URL;
  /** What was asked, by the number of the connection. */
  readonly asked: { connection: number; head: string }[];
}

/** A server whose every byte the test decides. */
async function server(answer: (socket: Socket, count: number) => unknown): Promise<Server> {
  const asked: Server['asked'] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const net = createServer((socket) => {
    const connection = ++connections;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (head) => {
      asked.push({ connection, head: head.toString('latin1') });
      answer(socket, asked.length);
    });
  }).listen(0, '127.0.0.1');
  await once(net, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    net.close();
  });
  return { url: new URL(`http://127.0.0.1:${(net.address() as AddressInfo).port}/v2/x?y=1`), asked };
}

function bulk(bodyWithin = 10_000): Bulk {
  const made = new Bulk({ timeout: 10_000 }, bodyWithin);
  onTestFinished(() => made.close());
  return made;
}

function get(from: Bulk, url: URL, { signal = NEVER, within = 10_000 } = {}): Promise<Answer | undefined> {
  return from.get({ url, headers: { accept: '*/*', range: 'bytes=0-' }, within, signal });
}

async function bytesOf(answer: Answer | undefined): Promise<Buffer> {
  if (answer === undefined) throw new Error('it was left to others');
  return (await collect(answer.body)).bytes;
}

const whole = (socket: Socket): unknown => socket.write(Buffer.concat([Buffer.from(HEAD), BYTES]));

describe('a large answer', () => {
  it('is read, one after the other on one connection', async () => {
    const { url, asked } = await server(whole);
    const client = bulk();
    for (let round = 0; round < 3; round++)
      expect((await bytesOf(await get(client, url))).equals(BYTES)).toBe(true);
    expect(asked.map(({ connection }) => connection)).toEqual([1, 1, 1]);
    expect(asked[0]?.head).toBe(
      `GET /v2/x?y=1 HTTP/1.1\r\nhost: ${url.host}\r\naccept: */*\r\nrange: bytes=0-\r\n\r\n`,
    );
  });

  it('is read by several at once', async () => {
    const { url, asked } = await server(whole);
    const client = bulk();
    const all = await Promise.all([1, 2, 3, 4].map(async () => bytesOf(await get(client, url))));
    expect(all.every((bytes) => bytes.equals(BYTES))).toBe(true);
    expect(new Set(asked.map(({ connection }) => connection)).size).toBe(4);
  });

  it('may come byte by byte at first', async () => {
    const { url } = await server(async (socket) => {
      socket.setNoDelay();
      for (const byte of HEAD) {
        socket.write(byte);
        await turn();
      }
      socket.write(BYTES);
    });
    expect((await bytesOf(await get(bulk(), url))).equals(BYTES)).toBe(true);
  });

  it('stays as it is while its reader takes its time', async () => {
    const { url } = await server(whole);
    const answer = await get(bulk(), url);
    let position = 0;
    for await (const chunk of answer?.body ?? []) {
      for (let turns = 0; turns < 20; turns++) await turn();
      expect(BYTES.subarray(position, position + chunk.length).equals(chunk)).toBe(true);
      position += chunk.length;
    }
    expect(position).toBe(BYTES.length);
  });

  it('does not come from the server sooner than it is read', async () => {
    let written = 0;
    const large = Buffer.alloc(64 * 1024 * 1024);
    const { url } = await server((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\n\r\n`);
      for (let at = 0; at < large.length; at += 65_536)
        socket.write(large.subarray(at, at + 65_536), () => (written += 65_536));
    });
    const answer = await get(bulk(), url);
    const reader = answer?.body[Symbol.asyncIterator]();
    await reader?.next();
    for (let turns = 0; turns < 1000; turns++) await turn();
    expect(written).toBeLessThan(large.length / 2);
    await reader?.return?.();
  });

  it('that is an error, or leads elsewhere, is small and keeps its connection', async () => {
    const { url, asked } = await server((socket, count) =>
      socket.write(
        count === 1
          ? 'HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\ngone'
          : 'HTTP/1.1 307 Temporary Redirect\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n',
      ),
    );
    const client = bulk();
    const gone = await get(client, url);
    expect(gone?.status).toBe(404);
    await gone?.body.dump({ limit: 1 });
    const elsewhere = await get(client, url);
    expect(elsewhere?.header('Location')).toBe('/there');
    expect(await bytesOf(elsewhere)).toHaveLength(0);
    expect(asked.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

describe('a connection', () => {
  it('that the server has closed meanwhile is not missed', async () => {
    const { url, asked } = await server((socket, count) => {
      // It is closed while the second request is on its way, before a byte of an answer.
      if (count === 2) socket.destroy();
      else whole(socket);
    });
    const client = bulk();
    await bytesOf(await get(client, url));
    expect((await bytesOf(await get(client, url))).equals(BYTES)).toBe(true);
    expect(asked.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it.each<[string, (socket: Socket) => unknown]>([
    [
      'says more than it announced',
      (socket) => socket.write(Buffer.concat([Buffer.from(HEAD), BYTES, Buffer.from('HTTP/1.1 200 OK')])),
    ],
    [
      'is to be closed',
      (socket) =>
        socket.write(
          Buffer.concat([Buffer.from(HEAD.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')), BYTES]),
        ),
    ],
  ])('that %s is not used again', async (_, answer) => {
    const { url, asked } = await server(answer);
    const client = bulk();
    for (let round = 0; round < 2; round++)
      expect((await bytesOf(await get(client, url))).equals(BYTES)).toBe(true);
    expect(asked.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('that says nothing more is not waited for twice', async () => {
    const { url, asked } = await server((socket, count) => (count === 1 ? whole(socket) : undefined));
    const client = bulk();
    await bytesOf(await get(client, url));
    await expect(get(client, url, { within: 20 })).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    expect(asked.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  it('ends with its client, whatever is asked on it', async () => {
    const second = Promise.withResolvers<undefined>();
    const { url, asked } = await server((socket, count) =>
      count === 1 ? whole(socket) : second.resolve(undefined),
    );
    const client = bulk();
    await bytesOf(await get(client, url));
    const answer = get(client, url).catch((error: unknown) => error);
    await second.promise;
    client.close();
    expect(await answer).toMatchObject({ code: 'UND_ERR_DESTROYED' });
    expect(asked).toHaveLength(2);
    await expect(get(client, url)).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });

  it('is let go of with an answer that nobody reads to its end', async () => {
    const closed = Promise.withResolvers<unknown>();
    const { url } = await server((socket) => {
      socket.on('close', closed.resolve);
      whole(socket);
    });
    const answer = await get(bulk(), url);
    await answer?.body.dump({ limit: 1 });
    await closed.promise;
  });
});

describe('a server', () => {
  it.each([
    ['sends chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['has no end of its head', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(40_000)}`],
  ])('that %s is left to others, in the end without asking', async (_, text) => {
    const { url, asked } = await server((socket) => socket.write(text));
    const client = bulk();
    for (let round = 0; round < 5; round++) expect(await get(client, url)).toBeUndefined();
    expect(asked).toHaveLength(3);
  });

  it('that says nothing is not waited for', async () => {
    const { url } = await server(() => undefined);
    await expect(get(bulk(), url, { within: 20 })).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('that stops in the middle is not waited for', async () => {
    const { url } = await server((socket) => socket.write(HEAD + 'some'));
    await expect(bytesOf(await get(bulk(30), url))).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  it('that ends in the middle is an error', async () => {
    const { url } = await server((socket) => socket.end(HEAD + 'some'));
    await expect(bytesOf(await get(bulk(), url))).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  it('is left when nobody wants the answer any more', async () => {
    const asked = Promise.withResolvers<undefined>();
    const { url } = await server(() => asked.resolve(undefined));
    const stop = new AbortController();
    const answer = get(bulk(), url, { signal: stop.signal });
    await asked.promise;
    stop.abort(new Error('no more'));
    await expect(answer).rejects.toThrow('no more');
  });

  it('gets no header with a line of its own in it', async () => {
    const { url, asked } = await server(whole);
    const headers = { authorization: 'Bearer x\r\nx-evil: 1' };
    await expect(bulk().get({ url, headers, within: 1000, signal: NEVER })).rejects.toThrow();
    expect(asked).toEqual([]);
  });
});
