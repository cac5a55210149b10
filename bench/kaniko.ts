import { copyFile, link, mkdir, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { TAG, type Contender } from './contender.ts';
import { run } from './run.ts';

/**
 * Kaniko takes the root of the file system for the image it builds, so it gets one of its own: a directory with the
 * same layout as its container image, the model's files as hard links in the build context.
 * The arguments are those that KubeDL gives it; the base is `scratch`, which spares it a pull.
 */
export const kaniko: Contender = {
  name: 'Kaniko',
  how: "KubeDL's arguments: --context=dir:///workspace/ --dockerfile=… (COPY build/ /kubedl-model)",
  program: 'kaniko-executor',
  tags: true,
  async prepare({ model, scratch }) {
    for (const each of ['kaniko/.docker', 'workspace/build', 'etc', 'proc', 'tmp', 'root']) {
      await mkdir(`${scratch}/${each}`, { recursive: true });
    }
    const executor = (await run(['sh', '-c', 'command -v kaniko-executor'])).trim();
    await copyFile(executor, `${scratch}/kaniko/executor`);
    await writeFile(`${scratch}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\n');
    await writeFile(`${scratch}/workspace/dockerfile`, 'FROM scratch\nCOPY build/ /kubedl-model\n');
    for (const file of model.files)
      await link(file.path, `${scratch}/workspace/build/${basename(file.path)}`);
  },
  command: ({ repository, scratch }) => [
    ...['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', SCRIPT, 'sh', scratch],
    ...[
      '/kaniko/executor',
      '--force',
      '--insecure',
      '--skip-tls-verify=true',
      '--dockerfile=/workspace/dockerfile',
    ],
    ...['--context=dir:///workspace/', `--destination=${repository}:${TAG}`],
  ],
};

const SCRIPT = `
  root=$1
  shift
  mount --rbind /proc "$root/proc"
  exec env -i HOME=/root USER=root PATH=/kaniko DOCKER_CONFIG=/kaniko/.docker/ "$(command -v chroot)" "$root" "$@"
`;
