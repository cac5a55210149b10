import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../src/errors.ts';

const ROOT = '/sys/fs/cgroup';

/** Makes the cgroup that a node's containers live in. They have it by path, so no process needs to join it. */
export function createCgroup(name: string): void {
  for (const hierarchy of hierarchies()) {
    handDown(hierarchy);
    mkdirSync(join(hierarchy, name));
  }
}

/** Where the cgroup `name` shows. */
export function cgroupsOf(name: string): string[] {
  return hierarchies()
    .map((hierarchy) => join(hierarchy, name))
    .filter(isDirectory);
}

/** Removes a cgroup whose processes have ended. @throws Error while the kernel has not noticed that yet */
export function removeCgroup(name: string): void {
  for (const cgroup of cgroupsOf(name)) removeTree(cgroup);
}

/** One with version 2 of cgroups; with version 1 one for each controller, and they lie beside each other. */
function hierarchies(): string[] {
  return isVersion2(ROOT) ? [ROOT] : subdirectories(ROOT);
}

/** With version 2 a cgroup has the controllers that its parent hands down, and the kubelet wants all there are. */
function handDown(hierarchy: string): void {
  if (!isVersion2(hierarchy)) return;
  const controllers = readFileSync(join(hierarchy, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const all = controllers.filter((each) => each !== '').map((each) => `+${each}`);
  writeFileSync(join(hierarchy, 'cgroup.subtree_control'), all.join(' '));
}

function isVersion2(hierarchy: string): boolean {
  return statSync(join(hierarchy, 'cgroup.controllers'), { throwIfNoEntry: false }) !== undefined;
}

/** A cgroup is removed by its directory, the innermost first; its files are not files. */
function removeTree(cgroup: string): void {
  for (const child of subdirectories(cgroup)) removeTree(child);
  try {
    rmdirSync(cgroup);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Without symbolic links: `cpu` is often one to `cpu,cpuacct`. */
function subdirectories(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(directory, entry.name));
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
