import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unreachable } from '../../src/registry/unreachable.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { faultRegistry, startFaultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const source = blobSource(someBytes(300_000), { chunk: 100_000 });

/** A server that answers these bytes to whatever it is asked, and counts who asks. */
async function talker(words: string): Promise<{ host: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(words));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    connections: () => connections,
  };
}

describe('a registry that is not there', () => {
  it('is not tried again when nothing ever answered', async () => {
    const gone = await startFaultRegistry();
    const { host } = gone;
    await gone.stop();
    const error = await rejectionOf(
      (await openClient(host, 'team/bert')).hasBlob(source.contentDigest, NEVER),
    );
    expect(error).toMatchObject({ code: 'RegistryUnreachable', retryable: true });
    expect(error.message).toMatch(/refuses connections \(ECONNREFUSED\)$/);
    expect(error.hint).toContain('is this its port?');
  });

  it('is tried again when it had answered before', async () => {
    const registry = await startFaultRegistry();
    const client = await openClient(registry.host, 'team/bert');
    await client.hasBlob(source.contentDigest, NEVER);
    await registry.stop();
    const error = await rejectionOf(client.writeBlob(source, { signal: NEVER }));
    expect(error).toMatchObject({ code: 'RegistryUnreachable', retryable: true });
    expect(error.message).toContain('(tried 6 times)');
  });

  it('has a name that cannot be found', async () => {
    const client = await openClient('registry.invalid', 'team/bert', { plainHttp: true }); // RFC 2606: never exists
    const error = await rejectionOf(client.hasBlob(source.contentDigest, NEVER));
    expect(error).toMatchObject({ code: 'RegistryUnreachable' });
    expect(error.message).toMatch(
      /registry\.invalid (is not a host that can be found|cannot be looked up just now)/,
    );
  });
});

describe('a server that is no registry', () => {
  it('but answers something, is not asked twice', async () => {
    const server = await talker('SSH-2.0-OpenSSH_9.6\r\n');
    const error = await rejectionOf(
      (await openClient(server.host, 'team/bert')).hasBlob(source.contentDigest, NEVER),
    );
    expect(error).toMatchObject({ code: 'RegistryUnreachable', retryable: false });
    expect(error.message).toContain('does not speak plain HTTP');
    expect(server.connections()).toBe(1);
  });

  it('but a web server, is quoted without its markup', async () => {
    const registry = (await faultRegistry()).fail('POST', {
      kind: 'status',
      status: 405,
      body: '<html>\n<h1>Not Allowed</h1>',
    });
    const error = await rejectionOf(
      (await openClient(registry.host, 'team/bert')).writeBlob(source, { signal: NEVER }),
    );
    expect(error).toMatchObject({ code: 'RegistryFailed' });
    expect(error.message).toMatch(/\(405\)$/);
  });
});

describe('unreachable', () => {
  const named = (code: string): Error => Object.assign(new Error('not for users'), { code });

  it.each([
    ['ENOTFOUND', 'RegistryUnreachable', true],
    ['ECONNREFUSED', 'RegistryUnreachable', true],
    ['ECONNRESET', 'RegistryUnreachable', true],
    ['EPIPE', 'RegistryUnreachable', true],
    ['UND_ERR_SOCKET', 'RegistryUnreachable', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'RegistryUnreachable', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'Timeout', true],
    ['UND_ERR_BODY_TIMEOUT', 'Timeout', true],
    ['UND_ERR_ABORTED', 'RegistryUnreachable', true],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'RegistryUnreachable', false],
    ['UND_ERR_HEADERS_OVERFLOW', 'RegistryUnreachable', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TlsUntrusted', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TlsUntrusted', false],
    ['CERT_HAS_EXPIRED', 'TlsUntrusted', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TlsUntrusted', false],
    ['ESOMETHINGNEW', 'RegistryUnreachable', true],
  ])('explains %s', (system, code, retryable) => {
    const cause = named(system);
    const error = unreachable(
      new Error('outer', { cause }),
      new URL('https://r.example.com/v2/?token=s3cret'),
    );
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toMatch(/^r\.example\.com .*\(\w+\)$/);
    expect(error.message).toContain(system);
  });
});
