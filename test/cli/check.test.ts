import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { LABELS } from '../../src/api/labels.ts';
import { readMessage } from '../../src/builders/read-message.ts';
import { documentSource } from '../../src/pack/stored-blobs.ts';
import { openRegistry } from '../../src/registry/client.ts';
import { parseReference } from '../../src/registry/reference.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

let root: string;
beforeEach(async () => {
  root = await tempDir();
  await mkdir(join(root, 'model'));
  await mkdir(join(root, 'secrets'));
  await writeFile(join(root, 'model', 'config.json'), '{"architectures": ["BertModel"]}');
  await writeFile(join(root, 'termination-log'), '');
});

/** Runs it as a pod would. @returns its exit code, and what it says at its end */
async function check(to: string, ...more: string[]): Promise<{ code: number | null; said: unknown }> {
  const call = ['check', join(root, 'model'), `--to=${to}`, `--secrets=${join(root, 'secrets')}`];
  const { code } = await runStowage([...call, '--uid=version-uid', ...more], {
    env: { STOWAGE_TERMINATION_LOG: join(root, 'termination-log'), STOWAGE_NAMESPACE: 'team-a' },
  });
  return { code, said: readMessage(await readFile(join(root, 'termination-log'), 'utf8')) };
}

/** Puts an image with this in its config under a tag, as Kaniko would. */
async function push(to: string, settings: Record<string, unknown>): Promise<void> {
  const target = await openRegistry(parseReference(to), { plainHttp: true });
  const signal = new AbortController().signal;
  const bytes = Buffer.from(
    JSON.stringify({
      ...{ architecture: 'amd64', os: 'linux', config: settings },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  const config = await target.writeBlob(documentSource('config', bytes), { signal });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    ...{ schemaVersion: 2, mediaType, layers: [] },
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: config.digest,
      size: bytes.length,
    },
  };
  await target.writeManifest(mediaType, Buffer.from(JSON.stringify(manifest)), { tag: 'v3', signal });
  await target.close();
}

describe('stowage check', () => {
  it('says what the model is and where it may go, and sends nothing', async () => {
    const registry = await faultRegistry();
    const to = `${registry.host}/team/bert:v3`;
    expect(await check(to)).toEqual({
      code: 0,
      said: { checked: { image: to, bytes: 32, model: { architecture: 'BertModel' } } },
    });
  });

  it.each([
    ['of somebody else', { [LABELS.versionUid]: 'other' }, [], 1],
    ['without labels', {}, [], 1],
    ['of somebody else that may be replaced', {}, ['--overwrite'], 0],
    ['of an earlier attempt', { [LABELS.versionUid]: 'version-uid' }, [], 0],
  ])('looks for an image under the tag: %s', async (_, labels, more, code) => {
    const registry = await faultRegistry();
    const to = `${registry.host}/team/bert:v3`;
    await push(to, { Labels: labels });
    const checked = await check(to, ...more);
    expect(checked.code).toBe(code);
    if (code === 1) expect(checked.said).toMatchObject({ error: { code: 'TagExists' } });
  });

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['that is as others', { Env: ['PATH=/bin'] }, undefined],
    ['that runs what it likes', { OnBuild: ['RUN cat /kaniko/.docker/config.json'] }, 'BaseInvalid'],
  ])('looks at a base %s', async (_, settings, code) => {
    const registry = await faultRegistry();
    await push(`${registry.host}/team/base:v3`, settings);
    const checked = await check(`${registry.host}/team/bert:v3`, `--base=${registry.host}/team/base:v3`);
    if (code === undefined) expect(checked.code).toBe(0);
    else expect(checked.said).toMatchObject({ error: { code } });
  });

  it('does not find a base', async () => {
    const registry = await faultRegistry();
    const checked = await check(`${registry.host}/team/bert:v3`, `--base=${registry.host}/team/none:v3`);
    expect(checked.said).toMatchObject({ error: { code: 'BaseNotFound' } });
  });

  it.each([
    ['config.json', 0],
    ['../model/config.json', 0],
  ])('takes a link to %s', async (target, code) => {
    const registry = await faultRegistry();
    await symlink(target, join(root, 'model', 'link'));
    expect(await check(`${registry.host}/team/bert:v3`)).toMatchObject({ code });
  });

  it('refuses a link that says where it leads from the root on', async () => {
    const registry = await faultRegistry();
    await mkdir(join(root, 'model', 'deep'));
    await symlink(join(root, 'model', 'config.json'), join(root, 'model', 'deep', 'link'));
    const { said } = await check(`${registry.host}/team/bert:v3`);
    expect(said).toMatchObject({
      error: { code: 'LinkRefused', message: expect.stringContaining('deep/link') as string },
    });
  });

  it.each<[string, string[], string]>([
    ['too large', ['--max-bytes=31'], 'ModelTooLarge'],
    ['no Secret', ['--push-secret=one'], 'SecretMissing'],
  ])('refuses %s', async (_, more, code) => {
    const registry = await faultRegistry();
    expect(await check(`${registry.host}/team/bert:v3`, ...more)).toMatchObject({
      code: 1,
      said: { error: { code } },
    });
  });
});
