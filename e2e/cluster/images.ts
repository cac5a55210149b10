import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool } from '../../test/support/tools.ts';
import { run } from './run.ts';

/** A registry, as this machine and the cluster's nodes both call it. */
export interface RegistryPlace {
  /** `host:port`, or with the start of repository names behind it. */
  readonly host: string;
  readonly plainHttp: boolean;
}

export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** As `NAME=value`. */
  readonly env?: readonly string[];
  readonly user?: string;
}

/**
 * Pushes an image of one layer that is the content of `root`, by crane.
 * @param name repository and tag
 * @returns the reference
 */
export async function pushImage(
  registry: RegistryPlace,
  name: string,
  root: string,
  config: ImageConfig = {},
): Promise<string> {
  const ref = `${registry.host}/${name}`;
  const work = await mkdtemp(join(tmpdir(), 'stowage-image-'));
  const crane = (...args: string[]): Promise<string> =>
    run(tool('crane'), [...args, ...(registry.plainHttp ? ['--insecure'] : [])]);
  try {
    const layer = join(work, 'layer.tar');
    await run('tar', ['-C', root, '--owner=0', '--group=0', '--sort=name', '-cf', layer, '.']);
    await crane('append', '--oci-empty-base', '--new_layer', layer, '--new_tag', ref);
    await crane('mutate', ref, '--tag', ref, ...settings(config));
    return ref;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Pushes an image with a shell and the usual commands that sleeps until it is killed, from this machine's busybox. */
export async function pushBusybox(registry: RegistryPlace): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-busybox-'));
  try {
    for (const directory of ['bin', 'etc', 'tmp']) await mkdir(join(root, directory));
    await copyFile(tool('busybox'), join(root, 'bin/busybox'));
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
    const names = (await run(tool('busybox'), ['--list'])).trim().split('\n');
    for (const name of names.filter((each) => each !== 'busybox')) {
      await symlink('busybox', join(root, 'bin', name));
    }
    return await pushImage(registry, 'e2e/busybox:1', root, {
      cmd: ['/bin/sleep', 'infinity'],
      env: ['PATH=/bin'],
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function settings({ entrypoint = [], cmd = [], env = [], user }: ImageConfig): string[] {
  return [
    `--set-platform=linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    ...entrypoint.map((each) => `--entrypoint=${quoted(each)}`),
    ...cmd.map((each) => `--cmd=${quoted(each)}`),
    ...env.map((each) => `--env=${each}`),
    ...(user === undefined ? [] : [`--user=${user}`]),
  ];
}

/** crane reads these flags as lines of CSV. */
function quoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}
