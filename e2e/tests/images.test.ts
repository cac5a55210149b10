import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { tempDir } from '../../test/support/tempdir.ts';
import { tool } from '../../test/support/tools.ts';
import { pushImage } from '../cluster/images.ts';
import { describeCluster, it } from './support/cluster.ts';
import { runPod } from './support/pods.ts';

describeCluster('an image made from a directory', ['registry'], (cluster) => {
  it('runs its own command, as its own user, with its own environment', async ({ namespace }) => {
    const root = await tempDir();
    await mkdir(join(root, 'bin'));
    await copyFile(tool('busybox'), join(root, 'bin/busybox'));
    const image = await pushImage(cluster.registry, `${namespace}/made:v1`, root, {
      entrypoint: ['/bin/busybox', 'sh', '-c'],
      cmd: ['echo "$GREETING, $(/bin/busybox id -u)"'],
      env: ['GREETING=said by'],
      user: '4711',
    });
    const end = await runPod(cluster, { name: 'made', namespace, image });
    expect(end).toMatchObject({ phase: 'Succeeded', log: 'said by, 4711\n' });
  });
});
