import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { tempDir } from '../../test/support/tempdir.ts';
import { describeCluster, it } from './support/cluster.ts';
import { bindLocalVolume } from './support/local-volume.ts';
import { runPod } from './support/pods.ts';

/** Writes though it should not be able to, and says how that went. */
const SCRIPT =
  'cat /model/config.json; echo new >/model/new.txt; echo changed >/model/config.json; rm /model/config.json';

describeCluster('a local volume that is mounted with "ro"', ['busybox', 'node'], (cluster) => {
  it('is read and cannot be written by root in a pod that mounts it to write', async ({ namespace }) => {
    const model = await tempDir();
    await chmod(model, 0o777);
    await writeFile(join(model, 'config.json'), '{"is": "the model"}\n');
    const claimName = await bindLocalVolume(cluster, namespace, model);
    const end = await runPod(cluster, {
      ...{ name: 'writes', namespace, image: cluster.busybox, script: `{ ${SCRIPT}; } 2>&1; true` },
      volumes: [{ name: 'model', persistentVolumeClaim: { claimName } }],
      mounts: [{ name: 'model', mountPath: '/model' }],
    });

    const lines = end.log.trim().split('\n');
    expect(lines[0]).toBe('{"is": "the model"}');
    expect(lines.slice(1)).toEqual(Array(3).fill(expect.stringContaining('Read-only file system')));
    expect(await readdir(model)).toEqual(['config.json']);
    expect(await readFile(join(model, 'config.json'), 'utf8')).toBe('{"is": "the model"}\n');
  });
});
