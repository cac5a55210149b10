import { expect } from 'vitest';
import type { Report } from '../../src/pack/report.ts';
import { safetensorsStart, writeFiles } from '../../test/support/model-files.ts';
import { runStowage } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import { describeCluster, it } from './support/cluster.ts';
import { filesCopied, filesMounted, filesOf } from './support/read-image.ts';

describeCluster('a packed model', ['busybox', 'registry'], (cluster) => {
  const { busybox, registry } = cluster;

  it('is mounted as an image volume, each file as it was', async ({ namespace }) => {
    const model = await makeModel();
    const image = await pack(model, `${registry.host}/${namespace}/model:v1`);
    expect(await filesMounted(cluster, namespace, image)).toEqual(await filesOf(model));
  });

  it("is copied out by KubeDL's init container, each file as it was", async ({ namespace }) => {
    const model = await makeModel();
    const image = await pack(model, `${registry.host}/${namespace}/based:v1`, '--base', busybox);
    expect(await filesCopied(cluster, namespace, image)).toEqual(await filesOf(model));
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
