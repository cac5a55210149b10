import { stepsTo } from '../files/steps-to.ts';

/**
 * Directories that kubelets and container runtimes mount other things below, one for each pod. The kubelet binds a local
 * volume with all mounts below it, so a volume that holds one of these holds the volumes of all pods, its own included:
 * with each pod the number of mounts doubles, until the node comes to a standstill (Kubernetes 1.37, seen).
 */
const FULL_OF_MOUNTS = [
  '/var/lib/kubelet',
  '/var/lib/k0s/kubelet',
  '/var/snap/microk8s/common/var/lib/kubelet',
  '/var/lib/rancher/k3s/agent',
  '/var/lib/rancher/rke2/agent',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
  '/run/containerd',
  '/run/docker',
  '/run/k3s',
  '/run/netns',
  '/run/user',
  // A link to /run.
  '/var/run',
  '/proc',
  '/sys',
  '/dev',
];

/**
 * The directory that a volume is made of: the administrator's, or as little below it on the way to the model as it
 * takes to hold none of the directories above. What lies on that way belongs to root, as those do.
 * @param prefix absolute and normalised, as `path`, which lies in it
 * @returns undefined where the model's own directory holds one of them, or lies in one
 */
export function volumeRoot(prefix: string, path: string): string | undefined {
  if (!isFull(prefix)) return prefix;
  const steps = stepsTo(prefix, path) ?? '';
  let root = prefix === '/' ? '' : prefix;
  for (const step of steps === '' ? [] : steps.split('/')) {
    root = `${root}/${step}`;
    if (!isFull(root)) return root;
  }
  return undefined;
}

/** Whether it holds one of them, or lies in one. */
function isFull(directory: string): boolean {
  return FULL_OF_MOUNTS.some(
    (each) => stepsTo(directory, each) !== undefined || stepsTo(each, directory) !== undefined,
  );
}
