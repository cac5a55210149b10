/** Records beside images in registries of others. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { RECORD_TYPE } from '../../src/record/record.ts';
import { openClient } from '../support/open-client.ts';
import { startDistribution, startGgcrRegistry, type RunningRegistry } from '../support/registries.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';
import { actions, ALL, machine, makeModel, waitAMinute } from './builds.ts';

const never = new AbortController().signal;
let repositories = 0;

function builds(start: () => Promise<RunningRegistry>, { elsewhere }: { readonly elsewhere: string }): void {
  let registry: RunningRegistry;
  let repository: string;
  let directory: string;
  beforeAll(async () => (registry = await start()));
  afterAll(() => registry.stop());
  beforeEach(async () => {
    directory = await makeModel();
    repository = `team/model-${++repositories}`;
    waitAMinute();
  });
  afterEach(() => vi.useRealTimers());

  it('have what they know found again, under the same tag and another', async () => {
    const here = machine(directory);
    const to = `${registry.host}/${repository}`;
    const first = await here.build(`${to}:v1`);
    for (const tag of ['v1', 'v2']) {
      const again = await here.build(`${to}:${tag}`);
      expect(actions(again)).toEqual(ALL('recorded'));
      expect([again.digest, again.record, again.bytes.read]).toEqual([first.digest, first.record, 0]);
    }
    writeFileSync(join(directory, 'model-2.dat'), Buffer.alloc(2 * 1024 * 1024, 'x'));
    const changed = await here.build(`${to}:v3`);
    expect(actions(changed)).toEqual({ ...ALL('recorded'), 'model-2.dat': 'uploaded' });
    expect(changed.bytes.read).toBe(2 * 1024 * 1024);
    expect(here.warnings).toEqual([]);
  });

  it('take the blobs of a neighbour', async () => {
    const here = machine(directory);
    await here.build(`${registry.host}/${repository}:v1`);
    const other = await here.build(`${registry.host}/${repository}-other:v1`);
    // go-containerregistry's registry keeps one set of blobs for all repositories.
    expect(actions(other)).toEqual(ALL(elsewhere));
    expect(other.bytes).toMatchObject({ read: 0, sent: 0 });
  });

  it('of one content at once, from two storages, leave one image and no wrong record', async () => {
    const copy = join(await tempDir(), 'copy');
    execFileSync('cp', ['-r', directory, copy]);
    waitAMinute();
    const [one, two] = [machine(directory), machine(copy)];
    const to = `${registry.host}/${repository}:v1`;
    const there = { storage: 'local:here:/copy' };
    const reports = await Promise.all([one.build(to), two.build(to, there)]);
    expect(reports[0].digest).toBe(reports[1].digest);
    const client = await openClient(registry.host, repository);
    const listed = await client.listReferrers(reports[0].digest, RECORD_TYPE, never);
    expect(listed.length).toBeGreaterThanOrEqual(1);
    // Neither needs the list to find its own.
    expect(actions(await one.build(to))).toEqual(ALL('recorded'));
    expect(actions(await two.build(to, there))).toEqual(ALL('recorded'));
  });

  it('keep what others have stored about the image', async () => {
    const here = machine(directory);
    const to = `${registry.host}/${repository}:v1`;
    const { digest } = await machine(directory).build(to, { storage: undefined });
    const client = await openClient(registry.host, repository);
    const artifactType = 'application/vnd.test.signature';
    const image = await client.readManifest(digest, never);
    const config = (JSON.parse(Buffer.from(image!.bytes).toString()) as { config: object }).config;
    const signature = { schemaVersion: 2, mediaType: MEDIA.manifest, artifactType, config, layers: [] };
    const bytes = Buffer.from(JSON.stringify({ ...signature, subject: image!.descriptor }));
    await client.writeReferrer({ bytes, subject: digest, artifactType, annotations: {} }, never);
    await here.build(to);
    const signatures = await client.listReferrers(digest, artifactType, never);
    expect(signatures.map((each) => each.digest)).toEqual([digestOf(bytes)]);
    expect(await client.listReferrers(digest, RECORD_TYPE, never)).toHaveLength(1);
  });
}

describeWith(['distribution-registry'], 'builds for distribution', () => {
  builds(() => startDistribution(), { elsewhere: 'mounted' });
});

describeWith(['ggcr-registry'], "builds for go-containerregistry's registry", () => {
  builds(() => startGgcrRegistry(), { elsewhere: 'recorded' });
});

describeWith(['ggcr-referrers'], "builds for go-containerregistry's registry with a list", () => {
  builds(() => startGgcrRegistry({ referrers: true }), { elsewhere: 'recorded' });
});
