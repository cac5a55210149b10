import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { leavePartial } from '../support/killed-writer.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith, tool } from '../support/tools.ts';
import { it } from './packed.ts';
import { run } from './programs.ts';
import { readTree } from './trees.ts';

describeWith(['distribution-registry', 'crane'], 'crane', () => {
  it('finds the image valid', async ({ pushed }) => {
    // Without --fast it insists on gzip.
    await run('crane', ['validate', '--fast', '--remote', pushed.ref]);
    expect((await run('crane', ['digest', pushed.ref])).trim()).toBe(pushed.report.digest);
  });

  it('finds the layout valid', async ({ laidOut, scratch, registry }) => {
    const copy = `${registry}/judged/from-layout:v1`;
    await run('crane', ['push', join(scratch, 'layout'), copy]);
    await run('crane', ['validate', '--fast', '--remote', copy]);
    expect((await run('crane', ['digest', copy])).trim()).toBe(laidOut.report.digest);
  });

  it('exports the files of the model', async ({ model, pushed }) => {
    const out = await tempDir();
    await run('sh', ['-euc', '"$0" export "$1" - | tar -C "$2" -xf -', tool('crane'), pushed.ref, out]);
    expect(await readTree(join(out, 'models'))).toEqual(await readTree(model));
    expect(await readTree(join(out, 'kubedl-model'))).toEqual(await readTree(model));
    expect((await readdir(out)).sort()).toEqual(['kubedl-model', 'models']);
  });
});

describeWith(['distribution-registry', 'skopeo'], 'skopeo', () => {
  it('inspects the image', async ({ pushed }) => {
    const seen = JSON.parse(
      await run('skopeo', ['inspect', '--tls-verify=false', `docker://${pushed.ref}`]),
    ) as Inspected;
    expect(seen.Digest).toBe(pushed.report.digest);
    expect(seen.Layers).toEqual(pushed.report.layers.map((layer) => layer.digest));
  });

  it('copies it from the registry to a layout with its digest', async ({ pushed }) => {
    const out = await tempDir();
    const copy = ['copy', '--preserve-digests', '--src-tls-verify=false'];
    await run('skopeo', [...copy, `docker://${pushed.ref}`, `oci:${out}:v1`]);
    const index = JSON.parse(await readFile(join(out, 'index.json'), 'utf8')) as Index;
    expect(index.manifests.map((each) => each.digest)).toEqual([pushed.report.digest]);
  });

  it('copies it from the layout to the registry with its digest', async ({ laidOut, registry }) => {
    const copy = `${registry}/judged/copied:v1`;
    await run('skopeo', [
      'copy',
      '--preserve-digests',
      '--dest-tls-verify=false',
      laidOut.ref,
      `docker://${copy}`,
    ]);
    const digest = await run('skopeo', [
      'inspect',
      '--tls-verify=false',
      '--format',
      '{{.Digest}}',
      `docker://${copy}`,
    ]);
    expect(digest.trim()).toBe(laidOut.report.digest);
  });
});

describeWith(['distribution-registry', 'umoci'], 'umoci', () => {
  it('unpacks the layout to the files of the model', async ({ model, laidOut }) => {
    const bundle = join(await tempDir(), 'bundle');
    await run('umoci', ['unpack', '--rootless', '--image', laidOut.path, bundle]);
    expect(await readTree(join(bundle, 'rootfs/models'))).toEqual(await readTree(model));
  });

  it('collects garbage in a layout where a build was killed', async ({ laidOut, scratch }) => {
    const directory = join(scratch, 'layout');
    await leavePartial(directory);
    await run('umoci', ['gc', '--layout', directory]);
    expect(await run('umoci', ['ls', '--layout', directory])).toBe('v1\n');
    const layers = laidOut.report.layers.map((layer) => layer.digest.slice('sha256:'.length));
    expect(await readdir(join(directory, 'blobs/sha256'))).toEqual(expect.arrayContaining(layers));
  });
});

describeWith(['distribution-registry', 'oras'], 'oras', () => {
  it('pulls archives that tar extracts to the files of the model', async ({ model, pushed }) => {
    const out = await tempDir();
    await mkdir(join(out, 'blobs'));
    await mkdir(join(out, 'files'));
    await run('oras', ['pull', '--plain-http', '--no-tty', '-o', join(out, 'blobs'), pushed.ref]);
    const archives = Object.entries(await readTree(join(out, 'blobs'))).filter(
      ([, content]) => content !== 'directory',
    );
    expect(archives.map(([, digest]) => `sha256:${digest}`).sort()).toEqual(
      pushed.report.layers.map((layer) => layer.digest).sort(),
    );
    for (const [path] of archives) {
      expect(path).toMatch(/\.tar$/);
      await run('tar', ['-C', join(out, 'files'), '-xf', join(out, 'blobs', path)]);
    }
    expect(await readTree(join(out, 'files/models'))).toEqual(await readTree(model));
  });
});

interface Inspected {
  readonly Digest: string;
  readonly Layers: readonly string[];
}

interface Index {
  readonly manifests: readonly { readonly digest: string }[];
}
