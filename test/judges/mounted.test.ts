import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { describeWith } from '../support/tools.ts';
import { it as packed } from './packed.ts';
import { run } from './programs.ts';
import { readTree } from './trees.ts';

/** Mounting takes root; vfs is the one storage driver that works in every container. */
const notRoot = process.getuid?.() !== 0;

const it = packed.extend('storage', { scope: 'file' }, ({ scratch }) => [
  ...[
    '--root',
    join(scratch, 'storage'),
    '--runroot',
    join(scratch, 'storage-run'),
    '--storage-driver',
    'vfs',
  ],
]);

describeWith(['distribution-registry', 'podman'], 'podman', () => {
  it.skipIf(notRoot)('mounts the image as the files of the model', async ({ model, pushed, storage }) => {
    await run('podman', [...storage, 'pull', '--quiet', '--tls-verify=false', pushed.ref]);
    const mounted = (await run('podman', [...storage, 'image', 'mount', pushed.ref])).trim();
    expect(await readTree(join(mounted, 'models'))).toEqual(await readTree(model));
    await run('podman', [...storage, 'image', 'unmount', pushed.ref]);
  });
});

describeWith(['distribution-registry', 'podman', 'skopeo'], 'skopeo', () => {
  it.skipIf(notRoot)(
    "loads the layout into podman's storage, as the quickstart says",
    async ({ model, laidOut, storage, scratch }) => {
      const place = `[vfs@${join(scratch, 'storage')}+${join(scratch, 'storage-run')}]`;
      await run('skopeo', ['copy', laidOut.ref, `containers-storage:${place}localhost/quickstart:v1`]);
      const mounted = (await run('podman', [...storage, 'image', 'mount', 'localhost/quickstart:v1'])).trim();
      expect(await readTree(join(mounted, 'models'))).toEqual(await readTree(model));
      await run('podman', [...storage, 'image', 'unmount', 'localhost/quickstart:v1']);
    },
  );
});

describeWith(['distribution-registry', 'buildah', 'umoci'], 'buildah', () => {
  it.skipIf(notRoot)('builds on top of the image', async ({ model, pushed, storage, scratch }) => {
    const container = (await run('buildah', [...storage, 'from', '--tls-verify=false', pushed.ref])).trim();
    const mounted = (await run('buildah', [...storage, 'mount', container])).trim();
    expect(await readTree(join(mounted, 'models'))).toEqual(await readTree(model));

    await writeFile(join(mounted, 'models/adapter.json'), '{}\n');
    const layout = `${join(scratch, 'committed')}:v2`;
    await run('buildah', [...storage, 'commit', '--quiet', container, `oci:${layout}`]);
    await run('umoci', ['unpack', '--rootless', '--image', layout, join(scratch, 'bundle')]);
    const { 'adapter.json': added, ...rest } = await readTree(join(scratch, 'bundle/rootfs/models'));
    expect(added).toBeDefined();
    expect(rest).toEqual(await readTree(model));
  });
});
