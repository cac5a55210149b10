import { once } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type Server } from 'node:http';
import { createServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import type { Cluster, Credential } from '../../src/kube/cluster.ts';
import { selfSigned } from '../support/certificates.ts';
import { rejectionOf } from '../support/thrown.ts';
import { describeWith } from '../support/tools.ts';
import { clientOf, THINGS } from './support/client.ts';
import { plainCluster } from './support/fault-api-server.ts';

const KEY = { namespace: 'a', name: 'one' };
const ANSWER = JSON.stringify({ metadata: { ...KEY, uid: 'u', resourceVersion: '1' } });

interface TlsServer {
  readonly url: URL;
  readonly ca: string;
  /** The fingerprint of the client's certificate, and the client's port, of each request. */
  readonly seen: [fingerprint: string | undefined, port: number | undefined][];
}

/** Answers each request with an object, and a watch with nothing, for ever. */
async function tlsServer(): Promise<TlsServer> {
  const { key, cert } = await selfSigned();
  const seen: TlsServer['seen'] = [];
  const server = createServer(
    { key, cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { socket } = request;
      const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
      seen.push([certificate?.fingerprint256, socket.remotePort]);
      response.writeHead(200, { 'content-type': 'application/json' });
      if (request.url?.includes('watch=true') === true) response.flushHeaders();
      else response.end(ANSWER);
    },
  );
  return { url: await listening(server, 'https'), ca: cert, seen };
}

async function listening(server: Server, protocol: string): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** A cluster whose credentials a test may change. */
function changing(url: URL, first: Credential): { cluster: Cluster; use: (credential: Credential) => void } {
  let credential = first;
  const credentials = { current: () => Promise.resolve(credential), renew: () => Promise.resolve(false) };
  return { cluster: { ...plainCluster(url), credentials }, use: (next) => void (credential = next) };
}

describeWith(['openssl'], 'connections over TLS', () => {
  it('show a client certificate, and a new one as soon as there is one, while a watch goes on with the old', async () => {
    const server = await tlsServer();
    const [old, renewed] = [await selfSigned(), await selfSigned()];
    const { cluster, use } = changing(server.url, { ca: server.ca, cert: old.cert, key: old.key });
    const api = clientOf(cluster);
    const stop = new AbortController();
    const watch = await api.watch(THINGS, { resourceVersion: '1', timeoutSeconds: 60 }, stop.signal);
    const reading = watch[Symbol.asyncIterator]().next();
    await api.get(THINGS, KEY);
    use({ ca: server.ca, cert: renewed.cert, key: renewed.key });
    await api.get(THINGS, KEY);
    await api.get(THINGS, KEY);
    const [watched, first, second, third] = server.seen.map(([fingerprint]) => fingerprint);
    expect(watched).toBe(first);
    expect(second).toBe(third);
    expect(first).not.toBe(second);
    stop.abort();
    expect((await rejectionOf(reading)).code).toBe('Cancelled');
  });

  it('stay when only the token changes', async () => {
    const server = await tlsServer();
    const { cluster, use } = changing(server.url, { ca: server.ca, authorization: 'Bearer 1' });
    const api = clientOf(cluster);
    for (let turn = 0; turn < 10; turn++) {
      use({ ca: server.ca, authorization: `Bearer ${turn}` });
      await api.get(THINGS, KEY);
    }
    expect(new Set(server.seen.map(([, port]) => port)).size).toBeLessThanOrEqual(2);
  });

  it.each<[string, (server: TlsServer) => Partial<Cluster> & { readonly ca?: string }, string | undefined]>([
    ['a server of the right authority', ({ ca }) => ({ ca }), undefined],
    ['a server of an unknown authority', () => ({}), 'cannot be trusted'],
    ['a server whose authority is no certificate', () => ({ ca: 'garbage' }), 'cannot be trusted'],
    ['a server of an unknown authority, when told not to look', () => ({ insecure: true }), undefined],
    [
      'a server for other names',
      ({ ca }) => ({ ca, tlsServerName: 'kubernetes' }),
      'has a certificate for other names',
    ],
    ['a server for the name that was given', ({ ca }) => ({ ca, tlsServerName: 'localhost' }), undefined],
  ])('are made to %s', async (_title, options, refusal) => {
    const server = await tlsServer();
    const { ca, ...cluster } = options(server);
    const api = clientOf({ ...changing(server.url, ca === undefined ? {} : { ca }).cluster, ...cluster });
    if (refusal === undefined) {
      expect((await api.get(THINGS, KEY)).metadata.name).toBe('one');
      return;
    }
    const error = await rejectionOf(api.get(THINGS, KEY));
    expect(error).toMatchObject({ code: 'ClusterUnreachable', retryable: false });
    expect(error.message).toContain(refusal);
    expect(server.seen).toEqual([]);
  });

  it('go through a proxy that is asked for the server and sees nothing else', async () => {
    const server = await tlsServer();
    const asked: string[] = [];
    const proxy = createPlainServer().on('connect', (request: IncomingMessage, client) => {
      asked.push(`${request.url ?? ''} ${request.headers.authorization ?? 'no authorization'}`);
      const onward = connect(Number(server.url.port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(onward).pipe(client);
      });
      for (const socket of [client, onward]) socket.on('error', () => undefined);
      onTestFinished(() => void onward.destroy());
    });
    const url = await listening(proxy, 'http');
    const credential = { ca: server.ca, authorization: 'Bearer secret' };
    const cluster = { ...changing(server.url, credential).cluster, proxy: url.href };
    expect((await clientOf(cluster).get(THINGS, KEY)).metadata.name).toBe('one');
    expect(asked).toEqual([`${server.url.host} no authorization`]);
  });

  it('through a proxy that refuses are explained', async () => {
    const server = await tlsServer();
    const proxy = createPlainServer().on('connect', (_request, client) => {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const url = await listening(proxy, 'http');
    const cluster = { ...changing(server.url, { ca: server.ca }).cluster, proxy: url.href };
    const error = await rejectionOf(clientOf(cluster).get(THINGS, KEY));
    expect(error.message).toContain('was not let through by the proxy');
    expect(server.seen).toEqual([]);
  });
});
