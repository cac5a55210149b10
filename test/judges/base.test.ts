import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ImageConfig, Index } from '../../src/oci/manifest.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith, tool } from '../support/tools.ts';
import { it as packed } from './packed.ts';
import { pack, run } from './programs.ts';
import { readTree } from './trees.ts';

const PLATFORMS = ['amd64', 'arm64'];

const it = packed
  .extend('base', { scope: 'file' }, async ({ scratch, registry }) => {
    const root = join(scratch, 'busybox');
    await mkdir(root);
    await run('sh', ['-euc', BUSYBOX, tool('busybox'), root]);
    const ref = `${registry}/judged/base`;
    for (const platform of PLATFORMS) await pushBase(`${root}.tar`, `${ref}:${platform}`, platform);
    const parts = PLATFORMS.flatMap((platform) => ['-m', `${ref}:${platform}`]);
    await run('crane', ['index', 'append', ...parts, '-t', `${ref}:v1`]);
    return `${ref}:v1`;
  })
  .extend('based', { scope: 'file' }, async ({ registry, model, base }) => {
    const ref = `${registry}/judged/based:v1`;
    return { ref, report: await pack(model, ref, '--base', base) };
  });

describeWith(
  ['distribution-registry', 'crane', 'oras', 'skopeo', 'busybox', 'buildah'],
  'an image on a base of two platforms',
  () => {
    it('is an index of both, with the base below the model', async ({ base, based }) => {
      await run('crane', ['validate', '--fast', '--remote', based.ref]);
      const index = JSON.parse(await run('crane', ['manifest', based.ref])) as Index;
      expect(index.mediaType).toBe('application/vnd.oci.image.index.v1+json');
      expect(index.manifests.map((each) => each.platform?.architecture)).toEqual(PLATFORMS);
      for (const platform of PLATFORMS) {
        const below = await config(base, platform);
        const whole = await config(based.ref, platform);
        expect(whole.architecture).toBe(platform);
        expect(whole.rootfs.diff_ids.slice(0, 1)).toEqual(below.rootfs.diff_ids);
        expect(whole.rootfs.diff_ids.slice(1)).toEqual(
          based.report.layers.slice(-whole.rootfs.diff_ids.length + 1).map((layer) => layer.digest),
        );
      }
    });

    it("starts none of the base's commands and as no user of its", async ({ base, based }) => {
      expect((await config(base, 'amd64')).config).toMatchObject({ Entrypoint: ['/bin/sh'], User: '1000' });
      expect((await config(based.ref, 'amd64')).config ?? {}).not.toHaveProperty('Entrypoint');
      expect((await config(based.ref, 'amd64')).config ?? {}).not.toHaveProperty('Cmd');
      expect((await config(based.ref, 'amd64')).config ?? {}).not.toHaveProperty('User');
    });

    it('holds the files of the model beside those of the base', async ({ model, based }) => {
      const out = await tempDir();
      const pipe = '"$0" export --platform linux/arm64 "$1" - | tar -C "$2" -xf -';
      await run('sh', ['-euc', pipe, tool('crane'), based.ref, out]);
      const { models, bin, 'kubedl-model': link, ...others } = groups(await readTree(out));
      expect(models).toEqual(await readTree(model));
      expect(link).toEqual(models);
      expect(Object.keys(bin ?? {})).toContain('busybox');
      expect(others).toEqual({});
    });

    it('has the same layers from a base in a layout', async ({ scratch, model, base, based }) => {
      const layout = `${join(scratch, 'base-layout')}:v1`;
      await run('oras', ['cp', '--from-plain-http', '--to-oci-layout', '--no-tty', base, layout]);
      const report = await pack(model, `oci:${join(scratch, 'based-layout')}:v1`, '--base', `oci:${layout}`);
      // The manifest differs: it names a base that can be pulled.
      expect(report.layers.map((layer) => layer.digest)).toEqual(
        based.report.layers.map((layer) => layer.digest),
      );
    });

    it('is copied by skopeo with its digest', async ({ based }) => {
      const out = await tempDir();
      const copy = ['copy', '--all', '--preserve-digests', '--src-tls-verify=false'];
      await run('skopeo', [...copy, `docker://${based.ref}`, `oci:${out}:v1`]);
      expect(await readFile(join(out, 'index.json'), 'utf8')).toContain(based.report.digest);
    });

    it.skipIf(process.getuid?.() !== 0)('runs a shell that reads the model', async ({ scratch, based }) => {
      const storage = [
        '--root',
        join(scratch, 'storage'),
        '--runroot',
        join(scratch, 'storage-run'),
        '--storage-driver',
        'vfs',
      ];
      const container = (await run('buildah', [...storage, 'from', '--tls-verify=false', based.ref])).trim();
      const command = ['/bin/sh', '-c', 'cat /models/config.json /kubedl-model/config.json'];
      const seen = await run('buildah', [
        ...storage,
        'run',
        '--isolation',
        'chroot',
        container,
        '--',
        ...command,
      ]);
      expect(seen).toBe('{"architectures": ["BertModel"]}\n'.repeat(2));
    });
  },
);

/** A root file system with a shell in it. The machine's own busybox stands in for every platform: nothing runs the others. */
const BUSYBOX = `
  mkdir "$1/bin"
  cp "$0" "$1/bin/busybox"
  for name in sh cat ls; do ln -s busybox "$1/bin/$name"; done
  tar -C "$1" -cf "$1.tar" bin
`;

async function pushBase(archive: string, ref: string, architecture: string): Promise<void> {
  await run('crane', ['append', '--oci-empty-base', '-f', archive, '-t', ref]);
  const settings = [
    '--set-platform',
    `linux/${architecture}`,
    '--entrypoint',
    '/bin/sh',
    '--cmd',
    'x',
    '--user',
    '1000',
  ];
  await run('crane', ['mutate', ...settings, '-t', ref, ref]);
}

async function config(ref: string, architecture: string): Promise<ImageConfig> {
  return JSON.parse(
    await run('crane', ['config', '--platform', `linux/${architecture}`, ref]),
  ) as ImageConfig;
}

/** A tree as one tree for each name at its top. */
function groups(tree: Record<string, string>): Record<string, Record<string, string>> {
  const parts: Record<string, Record<string, string>> = {};
  for (const [path, content] of Object.entries(tree)) {
    const [top = '', ...rest] = path.split('/');
    parts[top] ??= {};
    if (rest.length > 0) parts[top][rest.join('/')] = content;
  }
  return parts;
}
