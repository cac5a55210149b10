import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { hexOf, type Digest } from '../../src/oci/digest.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { LOGIN, startDistribution, startGgcrRegistry, type RunningRegistry } from '../support/registries.ts';
import { describeWith } from '../support/tools.ts';
import { dockerConfig } from '../support/docker-config.ts';
import { targetConformance } from './target-conformance.ts';

let tests = 0;
/** Tests share a server and do not meet in it. */
const newRepository = (): string => `team/repository-${++tests}`;

describe('the registry client', () => {
  targetConformance(
    'the fault registry, when nothing fails',
    async () => {
      const registry = await faultRegistry();
      const repository = newRepository();
      return {
        target: await openClient(registry.host, repository),
        reopen: () => openClient(registry.host, repository),
        corrupt: (digest) => {
          const bytes = registry.store.blob(repository, digest);
          bytes?.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
          return Promise.resolve();
        },
      };
    },
    { damages: true },
  );

  targetConformance('the fault registry, with tokens and absolute locations', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' }, locations: 'absolute' });
    const repository = newRepository();
    const open = () => openClient(registry.host, repository);
    return { target: await open(), reopen: open };
  });
});

describeWith(['distribution-registry'], 'the registry client with distribution', () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startDistribution()));
  afterAll(() => registry.stop());

  targetConformance(
    'distribution',
    async () => {
      const repository = newRepository();
      const open = () => openClient(registry.host, repository);
      return { target: await open(), reopen: open, corrupt: (digest) => damage(registry, digest) };
    },
    { damages: true },
  );
});

describeWith(['distribution-registry'], 'the registry client with distribution and a login', () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startDistribution({ auth: true })));
  afterAll(() => registry.stop());

  targetConformance('distribution with a login', async () => {
    const repository = newRepository();
    const env = await dockerConfig({ [registry.host]: LOGIN });
    const open = () => openClient(registry.host, repository, { env });
    return { target: await open(), reopen: open };
  });
});

describeWith(['ggcr-registry'], 'the registry client with the registry of go-containerregistry', () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startGgcrRegistry()));
  afterAll(() => registry.stop());

  targetConformance('go-containerregistry', async () => {
    const repository = newRepository();
    const open = () => openClient(registry.host, repository);
    return { target: await open(), reopen: open };
  });
});

async function damage(registry: RunningRegistry, digest: Digest): Promise<void> {
  const hex = hexOf(digest);
  const file = join(registry.directory, 'data/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  await writeFile(file, bytes);
}
