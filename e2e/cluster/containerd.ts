import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CNI_PLUGINS } from './pod-network.ts';
import { SYSTEM_PATH, type Component } from './component.ts';
import { run } from './run.ts';
import type { Workspace } from './workspace.ts';

/** In the node's own /run. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

export interface ContainerdOptions {
  /** What every pod's first container runs: an image whose command sleeps. */
  readonly pauseImage: string;
  /** Pulled from over plain HTTP. */
  readonly registry: string;
  readonly cniDirectory: string;
  /** The start of a command line inside the node. */
  readonly enter: readonly string[];
}

export async function containerd(
  programs: string,
  workspace: Workspace,
  options: ContainerdOptions,
): Promise<Component> {
  const hosts = workspace.path('registries');
  await mkdir(join(hosts, options.registry), { recursive: true });
  const server = `server = "http://${options.registry}"\n`;
  await writeFile(join(hosts, options.registry, 'hosts.toml'), server);
  const config = workspace.path('containerd.toml');
  await writeFile(config, configuration(workspace, hosts, options));
  const [program, ...inside] = [...options.enter, join(programs, 'ctr'), '-a', CONTAINERD_SOCKET];
  return {
    name: 'containerd',
    command: [join(programs, 'containerd'), '--config', config],
    env: { PATH: [programs, SYSTEM_PATH].join(delimiter) }, // it finds its shim there
    ready: async () => (await run(program, [...inside, 'version'])) !== '',
  };
}

/** Version 3 of the format, that of containerd 2. */
function configuration(workspace: Workspace, hosts: string, options: ContainerdOptions): string {
  return `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.internal.v1.opt"]
# The default is /opt/containerd.
path = "${workspace.path('opt')}"

[plugins."io.containerd.cri.v1.runtime"]
# Where the kernel lets nobody protect a process from being killed for memory, no pod could start otherwise.
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["${CNI_PLUGINS}"]
conf_dir = "${options.cniDirectory}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "${options.pauseImage}"

[plugins."io.containerd.cri.v1.images".registry]
config_path = "${hosts}"
`;
}
