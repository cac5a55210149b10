import type { Saying } from './saying.ts';

/**
 * What becomes of a link, or of a directory that root may not enter, on the way from the volume to the model. The
 * kubelet keeps the cause to itself, and it may be one that passes: hence tried again.
 */
const SUB_PATH: Saying = {
  says: /failed to prepare subPath/i,
  code: 'LinkRefused',
  means:
    'on the way to the model there is a link that leads out of the volume, or nowhere, or a file, or a directory that root may not enter (root_squash), or the server stopped to answer',
  hint: 'Name the directory itself in spec.storage, without links, and let everybody enter those above it.',
};

/**
 * The file is gone from the server, or the server has another file system there now. Node.js has no name for ESTALE:
 * it says "Unknown system error -116".
 */
export const STALE: Saying = {
  says: /\bESTALE\b|Unknown system error -116\b|Stale (?:NFS )?file handle/i,
  code: 'StaleHandle',
  means: 'the server no longer knows what was opened',
  hint: 'It was replaced or moved there while it was read. Try again once that is done.',
};

/** What mount.nfs says when no server answers: https://git.linux-nfs.org/?p=steved/nfs-utils.git, utils/mount/error.c. */
const NO_ANSWER =
  /(?:mount\.nfs4?|failed|errno =|Error): (?:mount\(2\): )?(?:Connection (?:timed out|refused|reset by peer)|No route to host|(?:Network|Host) is (?:unreachable|down)|timed out, giving up)|errno = (?:Connection refused|No route to host)|mount system call failed/i;

const RESOLVE: Saying = {
  // "Resource temporarily unavailable" is how mount.nfs says that the name server did not answer.
  says: /Failed to resolve server|Name or service not known|Temporary failure in name resolution|mount\.nfs4?: Resource temporarily unavailable/i,
  code: 'ServerUnreachable',
  means: 'the server is not found by its name',
  hint: 'The machine that mounts it looks the name up, and a node seldom knows names of the cluster, such as nfs.default.svc.cluster.local: name an address then.',
};

const UNREACHABLE: Saying = {
  says: NO_ANSWER,
  code: 'ServerUnreachable',
  means: 'the server does not answer',
  hint: 'Check that it runs and can be reached on port 2049 (with NFSv3 also rpcbind and mountd).',
};

/**
 * While files are read: what the mount option `soft` gives up with (EIO), as Node.js prints it. With a name of a call
 * behind it, so that a registry's "connect ETIMEDOUT" is none of these.
 */
const READING: Saying = {
  says: /EIO: i\/o error|ETIMEDOUT: connection timed out, |EHOSTUNREACH: host is unreachable, |Unknown system error -121\b|: Input\/output error|Remote I\/O error/i,
  code: 'ServerUnreachable',
  means: 'the server stopped to answer while files were read',
  hint: 'Check that it runs and that the network to it is sound.',
};

const DENIED: Saying = {
  // EPERM: it wants a privileged port or another security flavour.
  says: /access denied by server|mount\.nfs4?: (?:Operation not permitted|Permission denied)|reason given by server:\s+(?:Permission denied|Operation not permitted)/i,
  code: 'MountDenied',
  means: 'the server refuses to be mounted',
  hint: 'Its exports must let this machine in; with NFSv3 it says the same of what it does not export at all. It may also want other mount options (of the StoragePolicy, or of the volume of the claim), such as nfsvers or sec.',
  retryable: false,
};

const NO_EXPORT: Saying = {
  // Of a path that is a file mount.nfs says it in two ways, since the mount point could be one.
  says: /reason given by server:\s+(?:No such file or directory|Not a directory)|mount\.nfs4?: mount (?:spec \S+ or )?point \S+ is not a directory/i,
  code: 'ExportNotFound',
  means: 'the server exports no such directory',
  hint: 'Check the path in spec.storage against the exports of the server ("showmount -e SERVER").',
  retryable: false,
};

const NO_VERSION: Saying = {
  says: /requested NFS version or transport protocol is not supported|mount\.nfs4?: Protocol not supported/i,
  code: 'MountFailed',
  means: 'the server does not speak this version of NFS, or NFS does not run there',
  hint: 'Name a version that it speaks in the mount options (of the StoragePolicy, or of the volume of the claim), such as nfsvers=3.',
};

const NO_HELPER: Saying = {
  says: /you might need a \/sbin\/mount\.|missing codepage or helper program|unknown filesystem type '(?:nfs4?|efs)'|mount\.nfs4?: No such device/i,
  code: 'MountFailed',
  means: 'the system that mounts it has no client for this storage',
  hint: 'Install it: nfs-common or nfs-utils and the nfs module of the kernel for NFS, amazon-efs-utils for EFS.',
};

const NO_LOCKS: Saying = {
  says: /rpc\.statd is not running/i,
  code: 'MountFailed',
  means: 'the locks of NFSv3 do not work there',
  hint: 'Reading needs none: add nolock to the mount options (of the StoragePolicy, or of the volume of the claim).',
};

const OPTION: Saying = {
  says: /an incorrect mount option was specified|unsupported nfs option|mount\.nfs4?: Invalid argument/i,
  code: 'MountFailed',
  means: 'a mount option is wrong',
  hint: 'Check the mountOptions of the StoragePolicy, or of the volume of the claim.',
  retryable: false,
};

/** Of a volume that the kernel's NFS client mounts, EFS among them. */
export const NFS_SAYINGS: readonly Saying[] = [
  SUB_PATH,
  STALE,
  DENIED,
  NO_EXPORT,
  RESOLVE,
  NO_VERSION,
  NO_HELPER,
  NO_LOCKS,
  OPTION,
  UNREACHABLE,
  READING,
];
