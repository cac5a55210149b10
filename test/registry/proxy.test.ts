import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const source = blobSource(someBytes(300_000));

/** A proxy that leads every host to one server, and keeps the addresses it was asked for. */
async function proxyTo(host: string): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const [hostname, port] = host.split(':');
  const server: Server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '');
    asked.push(`${incoming.method} ${url.host}`);
    const options = {
      hostname,
      port,
      path: url.pathname + url.search,
      method: incoming.method,
      headers: incoming.headers,
    };
    incoming.pipe(
      request(options, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers))),
    );
  });
  server.on('connect', (incoming, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (incoming.url?.startsWith('forbidden')) return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const upstream = connect(Number(port), hostname, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    client.pipe(upstream).pipe(client);
    return client.on('error', () => upstream.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('a proxy from the environment', () => {
  it.each([
    ['HTTP_PROXY', 'http://'],
    ['http_proxy', 'http://'],
    ['HTTP_PROXY', ''],
  ])('is used for a registry elsewhere: %s=%s…', async (name, scheme) => {
    const registry = await faultRegistry();
    const proxy = await proxyTo(registry.host);
    const env = { HOME: '/nonexistent', [name]: `${scheme}${new URL(proxy.url).host}` };
    const client = await openClient('registry.example.com', 'team/bert', { env, plainHttp: true });
    await client.writeBlob(source, { signal: NEVER });
    expect(registry.store.blob('team/bert', source.contentDigest)?.equals(source.bytes)).toBe(true);
    expect(proxy.asked).toEqual(['POST', 'PATCH', 'PUT'].map((method) => `${method} registry.example.com`));
  });

  it('is asked for a tunnel to a registry with TLS', async () => {
    const registry = await faultRegistry();
    const proxy = await proxyTo(registry.host);
    const env = { HOME: '/nonexistent', HTTPS_PROXY: proxy.url };
    const error = await rejectionOf(
      (await openClient('forbidden.example.com', 'a/b', { env })).hasBlob(source.contentDigest, NEVER),
    );
    expect(error).toMatchObject({ code: 'RegistryUnreachable' });
    expect(error.hint).toContain('HTTPS_PROXY');
    expect(proxy.asked).toContain('CONNECT forbidden.example.com:443');
  });

  it('is not used for this machine, nor for hosts in NO_PROXY', async () => {
    const registry = await faultRegistry();
    const proxy = await proxyTo(registry.host);
    const env = { HOME: '/nonexistent', HTTP_PROXY: proxy.url, NO_PROXY: 'registry.invalid' };
    await (await openClient(registry.host, 'team/bert', { env })).writeBlob(source, { signal: NEVER });
    const client = await openClient('registry.invalid', 'team/bert', { env, plainHttp: true });
    expect(await rejectionOf(client.hasBlob(source.contentDigest, NEVER))).toMatchObject({
      code: 'RegistryUnreachable',
    });
    expect(proxy.asked).toEqual([]);
  });

  it.each(['ftp://proxy.example.com', 'http://', 'http:///x'])(
    'that is none is refused, and not shown: %s',
    async (value) => {
      const env = { HOME: '/nonexistent', HTTPS_PROXY: value };
      const error = await rejectionOf(openClient('registry.example.com', 'team/bert', { env }));
      expect(error).toMatchObject({ code: 'UsageInvalid' });
      expect(error.message).toBe('HTTPS_PROXY in the environment is not the address of a proxy');
    },
  );
});
