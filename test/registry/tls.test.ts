import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { givesRanges } from '../../src/oci/target.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { selfSigned } from '../support/certificates.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { describeWith } from '../support/tools.ts';

const NEVER = new AbortController().signal;
const source = blobSource(someBytes(1_000_000), { chunk: 100_000 });

describeWith(['openssl'], 'a registry with TLS', () => {
  it('is trusted with its authority’s certificate, on this machine too', async () => {
    const tls = await selfSigned();
    const registry = await faultRegistry({ tls, locations: 'absolute', auth: { kind: 'token' } });
    const client = await openClient(registry.host, 'team/bert', { caFile: tls.certFile });
    await client.writeBlob(source, { signal: NEVER });
    expect(registry.store.blob('team/bert', source.contentDigest)?.equals(source.bytes)).toBe(true);
  });

  it('is trusted with that certificate as text', async () => {
    const tls = await selfSigned();
    const registry = await faultRegistry({ tls });
    const authorities = await readFile(tls.certFile, 'utf8');
    const client = await openClient(registry.host, 'team/bert', { authorities });
    expect(await client.hasBlob(source.contentDigest, NEVER)).toBe(false);
  });

  it('is not trusted with the certificate of another', async () => {
    const registry = await faultRegistry({ tls: await selfSigned() });
    const { certFile } = await selfSigned();
    const client = await openClient(registry.host, 'team/bert', { caFile: certFile });
    const error = await rejectionOf(client.hasBlob(source.contentDigest, NEVER));
    expect(error).toMatchObject({ code: 'TlsUntrusted', retryable: false });
    expect(error.hint).toContain('--ca-file');
    expect(registry.journal).toEqual([]);
  });

  it('gets chunks that are used again as they were, though its sockets hold less', async () => {
    const tls = await selfSigned();
    const registry = await faultRegistry({ tls });
    const client = await openClient(registry.host, 'team/bert', { caFile: tls.certFile });
    for (const chunk of [1_000, 17_000, 65_535, 300_000]) {
      const small = blobSource(someBytes(1_000_000, `by ${chunk}`), { chunk });
      await client.writeBlob(small, { signal: NEVER });
      expect(registry.store.blob('team/bert', small.contentDigest)?.equals(small.bytes)).toBe(true);
    }
  });

  it('gives ranges of a blob as they are, however slowly they are read', async () => {
    const tls = await selfSigned();
    const registry = await faultRegistry({ tls });
    const bytes = someBytes(5_000_000, 'ranges');
    const blob = { mediaType: MEDIA.layer, digest: digestOf(bytes), size: bytes.length };
    registry.store.putBlob('team/bert', blob.digest, bytes);
    const client = await openClient(registry.host, 'team/bert', { caFile: tls.certFile });
    if (!givesRanges(client)) throw new Error('it gives no ranges');
    for (const turns of [0, 30]) {
      let position = 1000;
      for await (const chunk of client.readRange(blob, position, 4_000_000, NEVER)) {
        for (let each = 0; each < turns; each++) await turn();
        expect(bytes.subarray(position, position + chunk.length).equals(chunk)).toBe(true);
        position += chunk.length;
      }
      expect(position).toBe(4_001_000);
    }
  });

  it('that is asked without TLS is told so', async () => {
    const registry = await faultRegistry({ tls: await selfSigned() });
    const error = await rejectionOf(
      (await openClient(registry.host, 'team/bert')).hasBlob(source.contentDigest, NEVER),
    );
    expect(error).toMatchObject({ code: 'RegistryUnreachable' });
  });

  it('that has none is told so', async () => {
    const registry = await faultRegistry();
    const { certFile } = await selfSigned();
    const client = await openClient(registry.host, 'team/bert', { caFile: certFile });
    const error = await rejectionOf(client.hasBlob(source.contentDigest, NEVER));
    expect(error).toMatchObject({ code: 'RegistryUnreachable', retryable: false });
    expect(error.hint).toContain('--plain-http');
  });

  it('is not opened with a CA file that is none', async () => {
    const directory = await tempDir();
    const [text, damaged, absent] = [
      join(directory, 'text.pem'),
      join(directory, 'damaged.pem'),
      join(directory, 'absent.pem'),
    ];
    await writeFile(text, 'hello');
    await writeFile(damaged, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    for (const caFile of [text, damaged, absent]) {
      const error = await rejectionOf(openClient('r.example.com', 'team/bert', { caFile }));
      expect(error).toMatchObject({ code: 'UsageInvalid' });
      expect(error.message).toContain(JSON.stringify(caFile));
    }
    const error = await rejectionOf(openClient('r.example.com', 'team/bert', { authorities: 'hello' }));
    expect(error).toMatchObject({ code: 'UsageInvalid' });
  });
});
