import { expect } from 'vitest';
import type { Report } from '../../src/pack/report.ts';
import { readTree } from '../../test/judges/trees.ts';
import { safetensorsStart, writeFiles } from '../../test/support/model-files.ts';
import { runStowage } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import { describeCluster, it } from './support/cluster.ts';
import { RESTRICTED, runPod } from './support/pods.ts';

/** `digest  ./path` for each file below the directory. */
const digestsOf = (directory: string): string => `cd ${directory} && find . -type f -exec sha256sum {} +`;

describeCluster('a packed model', ['busybox', 'registry'], (cluster) => {
  const { busybox, registry } = cluster;

  it('is mounted as an image volume, each file as it was', async ({ namespace }) => {
    const model = await makeModel();
    const image = await pack(model, `${registry.host}/${namespace}/model:v1`);
    const end = await runPod(cluster, {
      ...{ name: 'mounts', namespace, image: busybox, script: digestsOf('/model') },
      volumes: [{ name: 'model', image: { reference: image } }],
      mounts: [{ name: 'model', mountPath: '/model', subPath: 'models' }],
      container: { securityContext: RESTRICTED },
    });
    expect(parseDigests(end.log)).toEqual(await filesOf(model));
  });

  it("is copied out by KubeDL's init container, each file as it was", async ({ namespace }) => {
    const model = await makeModel();
    const image = await pack(model, `${registry.host}/${namespace}/based:v1`, '--base', busybox);
    const mounts = [{ name: 'shared', mountPath: '/mnt/model' }];
    const loader = {
      ...{ name: 'loader', image, command: ['/bin/sh', '-c', 'cp -r /kubedl-model/* /mnt/model'] },
      volumeMounts: mounts,
    };
    const end = await runPod(cluster, {
      ...{ name: 'copies', namespace, image: busybox, script: digestsOf('/mnt/model'), mounts },
      volumes: [{ name: 'shared', emptyDir: {} }],
      spec: { initContainers: [loader] },
    });
    expect(parseDigests(end.log)).toEqual(await filesOf(model));
  });

  async function pack(directory: string, to: string, ...more: string[]): Promise<string> {
    const plain = registry.plainHttp ? ['--plain-http'] : [];
    const call = ['pack', directory, '--to', to, '-o', 'json', ...plain, ...more];
    const { code, stdout, stderr } = await runStowage(call);
    expect(code, stderr).toBe(0);
    const { digest } = JSON.parse(stdout) as Report;
    return `${to.slice(0, to.lastIndexOf(':'))}@${digest}`;
  }
});

async function makeModel(): Promise<string> {
  const directory = await tempDir();
  const bytes = 3 * 1024 * 1024;
  const { start } = safetensorsStart({ weight: { dtype: 'U8', shape: [bytes] } });
  await writeFiles(directory, {
    'config.json': '{"architectures": ["BertModel"]}\n',
    'deep/er/vocab.txt': 'a\nb\n',
    'model.safetensors': Buffer.concat([start, Buffer.alloc(bytes, `weights of ${directory}`)]),
  });
  return directory;
}

async function filesOf(directory: string): Promise<Record<string, string>> {
  const entries = Object.entries(await readTree(directory));
  return Object.fromEntries(entries.filter(([, digest]) => digest !== 'directory'));
}

function parseDigests(log: string): Record<string, string> {
  const lines = log.trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(68), line.slice(0, 64)]));
}
