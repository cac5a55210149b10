import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImage, type ImageConfig, type RegistryPlace } from './images.ts';

/** As Kaniko's own image has them (https://github.com/chainguard-forks/kaniko/blob/main/deploy/Dockerfile). */
const DIRECTORIES = ['kaniko/.docker', 'kaniko/ssl/certs', 'etc', 'root', 'workspace'];
const CONFIG: ImageConfig = {
  entrypoint: ['/kaniko/executor'],
  env: [
    'HOME=/root',
    'USER=root',
    'PATH=/usr/local/bin:/kaniko',
    'DOCKER_CONFIG=/kaniko/.docker/',
    'SSL_CERT_DIR=/kaniko/ssl/certs',
  ],
};

/** Per registry, because a run needs it many times. */
const pushed = new Map<string, Promise<string>>();

/** An image of Kaniko in a cluster's registry, made of the real executor. It trusts no authority. @returns the reference */
export function kanikoImage({
  kaniko,
  registry,
}: {
  /** Path of the executor. */
  readonly kaniko: string;
  readonly registry: RegistryPlace;
}): Promise<string> {
  const known = pushed.get(registry.host) ?? pushKaniko(registry, kaniko);
  pushed.set(registry.host, known);
  return known;
}

async function pushKaniko(registry: RegistryPlace, executor: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-kaniko-'));
  try {
    for (const directory of DIRECTORIES) await mkdir(join(root, directory), { recursive: true });
    await copyFile(executor, join(root, 'kaniko/executor'));
    await chmod(join(root, 'kaniko/executor'), 0o755);
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    return await pushImage(registry, 'e2e/kaniko:1', root, CONFIG);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
