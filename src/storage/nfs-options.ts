/**
 * So that a server that does not answer ends a build instead of keeping the node's kubelet and the builder for ever
 * (https://github.com/kubernetes/kubernetes/issues/31272). A request is sent again after 10 s and after 20 s more
 * (`timeo` counts tenths of a second, and over TCP grows by itself each time), and fails within a minute; that breaks
 * no file, since nothing is written. `soft` does not bound the mount itself: mount.nfs tries again for two minutes, or
 * for `retry` minutes; one round is enough, since whoever called it calls again.
 */
export const NFS_OPTIONS: readonly string[] = ['soft', 'timeo=100', 'retrans=2', 'retry=0'];
