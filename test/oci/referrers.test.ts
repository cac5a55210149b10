import { join } from 'node:path';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import type { ReferrerStore, Target } from '../../src/oci/target.ts';
import { openRegistry } from '../../src/registry/client.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { FAST_RETRY } from '../support/open-client.ts';
import { startDistribution, startGgcrRegistry, type RunningRegistry } from '../support/registries.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';
import { referrerConformance } from './referrer-conformance.ts';

let repositories = 0;

async function open(host: string): Promise<Target & ReferrerStore> {
  const repository = `team/referrers-${++repositories}`;
  const client = await openRegistry({ host, repository }, { retry: FAST_RETRY, env: {} });
  onTestFinished(() => client.close());
  return client;
}

describe('a registry of the tests', () => {
  referrerConformance(
    'the fault registry, which keeps no list',
    async () => open((await faultRegistry()).host),
    { lists: true, replaces: true },
  );

  referrerConformance(
    'the fault registry, which keeps a list',
    async () => {
      const registry = await faultRegistry();
      registry.store.listsReferrers = true;
      return open(registry.host);
    },
    { lists: true, replaces: false },
  );

  referrerConformance('an OCI image layout', async () => openLayout(join(await tempDir(), 'layout')), {
    lists: false,
    replaces: false,
  });
});

describeWith(['distribution-registry'], 'distribution', () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startDistribution()));
  afterAll(() => registry.stop());
  referrerConformance('distribution, which keeps no list', () => open(registry.host), {
    lists: true,
    replaces: true,
  });
});

describeWith(['ggcr-registry'], "go-containerregistry's registry", () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startGgcrRegistry()));
  afterAll(() => registry.stop());
  referrerConformance('its registry, which keeps no list', () => open(registry.host), {
    lists: true,
    replaces: true,
  });
});

describeWith(['ggcr-referrers'], "go-containerregistry's registry with a list", () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startGgcrRegistry({ referrers: true })));
  afterAll(() => registry.stop());
  // It says neither that it lists a manifest nor of what type the entries are: the tag it is.
  referrerConformance('its registry, which keeps a list', () => open(registry.host), {
    lists: true,
    replaces: true,
  });
});
