import { readTree } from '../../../test/judges/trees.ts';
import { tool } from '../../../test/support/tools.ts';
import { run } from '../../cluster/run.ts';
import type { ClusterWith } from './cluster.ts';
import { RESTRICTED, runPod } from './pods.ts';

type Site = ClusterWith<'busybox' | 'registry'>;

/** SHA-256 of each file by its path, `./a/b`. */
type Files = Readonly<Record<string, string>>;

const digestsOf = (directory: string): string => `cd ${directory} && find . -type f -exec sha256sum {} +`;

/** The files of a directory of this machine. */
export async function filesOf(directory: string): Promise<Files> {
  const entries = Object.entries(await readTree(directory));
  return Object.fromEntries(entries.filter(([, digest]) => digest !== 'directory'));
}

/** The files of a model as a restricted pod sees them that mounts its image. */
export async function filesMounted(cluster: Site, namespace: string, image: string): Promise<Files> {
  const end = await runPod(cluster, {
    ...{ name: 'mounts', namespace, image: cluster.busybox, script: digestsOf('/model') },
    volumes: [{ name: 'model', image: { reference: image } }],
    mounts: [{ name: 'model', mountPath: '/model', subPath: 'models' }],
    container: { securityContext: RESTRICTED },
  });
  return parseDigests(end.log);
}

/** The files of a model as KubeDL's init container copies them out of its image, which must have a shell. */
export async function filesCopied(cluster: Site, namespace: string, image: string): Promise<Files> {
  const mounts = [{ name: 'shared', mountPath: '/mnt/model' }];
  const command = ['/bin/sh', '-c', 'cp -r /kubedl-model/* /mnt/model'];
  const end = await runPod(cluster, {
    ...{ name: 'copies', namespace, image: cluster.busybox, script: digestsOf('/mnt/model'), mounts },
    volumes: [{ name: 'shared', emptyDir: {} }],
    spec: { initContainers: [{ name: 'loader', image, command, volumeMounts: mounts }] },
  });
  return parseDigests(end.log);
}

function parseDigests(log: string): Files {
  const lines = log.trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(68), line.slice(0, 64)]));
}

/** The digest that the cluster's registry has under a tag. */
export async function digestIn({ registry }: Site, repository: string, tag: string): Promise<string> {
  return (await crane(registry.plainHttp, 'digest', `${registry.host}/${repository}:${tag}`)).trim();
}

/** An image by what it is: Kaniko takes no base that may be another by then. */
export async function pinned({ registry }: ClusterWith<'registry'>, image: string): Promise<string> {
  return `${image}@${(await crane(registry.plainHttp, 'digest', image)).trim()}`;
}

export async function tagsIn({ registry }: ClusterWith<'registry'>, repository: string): Promise<string[]> {
  const tags = await crane(registry.plainHttp, 'ls', `${registry.host}/${repository}`);
  return tags.trim().split('\n');
}

function crane(plainHttp: boolean, ...args: string[]): Promise<string> {
  return run(tool('crane'), [...args, ...(plainHttp ? ['--insecure'] : [])]);
}
