import { describe, expect, it } from 'vitest';
import { StowageError, type ErrorCode } from '../../src/errors.ts';
import type { Storage } from '../../src/api/storage.ts';
import { sayingsOf } from '../../src/storage/kinds.ts';
import { asMeant, meaningOf } from '../../src/storage/saying.ts';

const FS = 'fs-0123456789abcdef0';
const BY_ACCESS_POINT = sayingsOf({ AWSEfs: { volumeHandle: `${FS}::fsap-0123456789abcdef0` } });

const STORAGES = {
  localStorage: { localStorage: { path: '/data' } },
  nfs: { nfs: { server: 'nfs', path: '/exports' } },
  AWSEfs: { AWSEfs: { volumeHandle: FS } },
  persistentVolumeClaim: { persistentVolumeClaim: { claimName: 'models' } },
} as const satisfies Record<string, Storage>;

function codeOf(key: keyof typeof STORAGES, text: string): ErrorCode | undefined {
  return meaningOf(text, sayingsOf(STORAGES[key]))?.code;
}

/** As the kubelet puts what mount says into an event. */
function nfsEvent(output: string): string {
  return `MountVolume.SetUp failed for volume "stowage-bert" : mount failed: exit status 32
Mounting command: mount
Mounting arguments: -t nfs -o ro,soft,timeo=100,retrans=2,retry=0 nfs:/exports /var/lib/kubelet/pods/c9c0e520/volumes/kubernetes.io~nfs/stowage-bert
Output: ${output}`;
}

/** And the EFS driver. */
function efsEvent(output: string): string {
  return `MountVolume.SetUp failed for volume "stowage-bert" : rpc error: code = Internal desc = Could not mount "fs-0bb5ed5baabeb0176:/" at "/var/lib/kubelet/pods/4a75a00c/volumes/kubernetes.io~csi/stowage-bert/mount": mount failed: exit status 1
Mounting command: mount
Mounting arguments: -t efs -o accesspoint=fsap-05b03a685b1bbf385,tls,ro fs-0bb5ed5baabeb0176:/ /var/lib/kubelet/pods/4a75a00c/volumes/kubernetes.io~csi/stowage-bert/mount
Output: ${output}`;
}

/** https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/637: says nothing. */
const NOISE = 'Could not start amazon-efs-mount-watchdog, unrecognized init system "aws-efs-csi-dri"\n';

describe('what is said of nfs', () => {
  it.each<[ErrorCode, string]>([
    // https://github.com/kubernetes/kubernetes/issues/108963
    ['MountDenied', nfsEvent('mount.nfs: access denied by server while mounting 192.168.43.16:/nfs_share')],
    ['MountDenied', nfsEvent('mount.nfs4: Operation not permitted for nfs:/exports on /var/lib/x')],
    // https://github.com/huggingface/dataset-viewer/issues/270
    ['ServerUnreachable', nfsEvent('mount.nfs: Connection timed out')],
    // https://github.com/rook/rook/issues/2623
    ['ServerUnreachable', nfsEvent('Running scope as unit run-17427.scope.\nmount.nfs: Connection refused')],
    ['ServerUnreachable', nfsEvent('mount.nfs: No route to host for nfs:/exports on /var/lib/x')],
    ['ServerUnreachable', nfsEvent('mount.nfs: Network is unreachable')],
    ['ServerUnreachable', nfsEvent('mount.nfs: Host is down')],
    ['ServerUnreachable', nfsEvent('mount.nfs: Connection reset by peer')],
    ['ServerUnreachable', nfsEvent('mount.nfs: mount system call failed for nfs:/exports')],
    ['ServerUnreachable', nfsEvent("mount.nfs: mount to NFS server 'nfs' failed: timed out, giving up")],
    [
      'ServerUnreachable',
      nfsEvent(
        "mount.nfs: mount to NFS server 'nfs' failed: RPC Error: Unable to receive; errno = Connection refused",
      ),
    ],
    [
      'ServerUnreachable',
      nfsEvent("mount.nfs: mount to NFS server 'nfs' failed: System Error: No route to host"),
    ],
    // BusyBox.
    ['ServerUnreachable', nfsEvent('mount: mounting nfs:/exports on /mnt failed: Connection refused')],
    [
      'ServerUnreachable',
      nfsEvent('mount.nfs: Failed to resolve server nosuch.invalid: Name or service not known'),
    ],
    ['ServerUnreachable', nfsEvent('mount.nfs: Resource temporarily unavailable')],
    // https://github.com/alibaba/nacos/issues/5203
    [
      'ExportNotFound',
      nfsEvent(
        'mount.nfs: mounting 192.168.137.121:/nfs/x failed, reason given by server: No such file or directory',
      ),
    ],
    [
      'ExportNotFound',
      nfsEvent('mount.nfs: mounting nfs:/x failed, reason given by server:\n  No such file or directory'),
    ],
    [
      'ExportNotFound',
      nfsEvent('mount.nfs: mount spec nfs:/exports/file or point /var/lib/x is not a directory'),
    ],
    ['ExportNotFound', nfsEvent('mount.nfs: mount point /var/lib/x is not a directory')],
    ['StaleHandle', nfsEvent('mount.nfs: Stale file handle')],
    ['MountFailed', nfsEvent('mount.nfs: requested NFS version or transport protocol is not supported')],
    ['MountFailed', nfsEvent('mount.nfs: Protocol not supported')],
    ['MountFailed', nfsEvent('mount.nfs: an incorrect mount option was specified')],
    [
      'MountFailed',
      nfsEvent(
        "mount.nfs: rpc.statd is not running but is required for remote locking.\nmount.nfs: Either use '-o nolock' to keep locks local, or start statd.",
      ),
    ],
    [
      'MountFailed',
      nfsEvent(
        'mount: /mnt: bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.',
      ),
    ],
    ['MountFailed', nfsEvent('mount.nfs: No such device')],
    ['LinkRefused', 'failed to prepare subPath for volumeMount "model" of container "builder"'],
    // Go's words for ESTALE.
    ['StaleHandle', 'error creating directory: stat /var/lib/kubelet/x: stale NFS file handle'],
    // Node.js has no name for ESTALE and EREMOTEIO.
    ['StaleHandle', '"a.bin" cannot be read: Unknown system error -116: Unknown system error -116, read'],
    [
      'ServerUnreachable',
      '"a.bin" cannot be read: Unknown system error -121: Unknown system error -121, read',
    ],
    ['ServerUnreachable', '"a.bin" cannot be read: EIO: i/o error, read'],
    ['ServerUnreachable', "ETIMEDOUT: connection timed out, open '/model/a.bin'"],
    ['ServerUnreachable', "stat: cannot statx '/mnt': Input/output error"],
  ])('is %s: %s', (code, text) => {
    expect(codeOf('nfs', text)).toBe(code);
  });

  it.each([
    // Of a registry.
    'connect ETIMEDOUT 10.0.0.1:443',
    'connect ECONNREFUSED 127.0.0.1:5000',
    'read ECONNRESET',
    // For those who know all kinds of volumes.
    'failed to create subPath directory for volumeMount "model" of container "builder"',
    'secret "regcred" not found',
    '0/3 nodes are available: 3 Insufficient memory.',
    nfsEvent('something new'),
  ])('is nothing: %s', (text) => {
    expect(codeOf('nfs', text)).toBeUndefined();
  });
});

describe('what is said of AWSEfs', () => {
  it.each<[ErrorCode, string]>([
    [
      'DriverMissing',
      'MountVolume.SetUp failed for volume "x" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
    ],
    // https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1723
    ['MountDenied', efsEvent(`${NOISE}b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'`)],
    ['ServerUnreachable', efsEvent(`${NOISE}b'mount.nfs4: mount system call failed'`)],
    ['ServerUnreachable', efsEvent(`${NOISE}b'mount.nfs4: Connection reset by peer'`)],
    [
      'ServerUnreachable',
      efsEvent(
        'Failed to resolve "fs-99999999.efs.us-east-1.amazonaws.com" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID.\nSee https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail.',
      ),
    ],
    [
      'ServerUnreachable',
      efsEvent(
        'Failed to resolve "fs-1.efs.x". Cannot connect to file system mount target ip address 10.0.0.7. ',
      ),
    ],
    [
      'ExportNotFound',
      efsEvent(
        'Failed to resolve "fs-99999999.efs.us-east-1.amazonaws.com" - check that your file system ID is correct.\nAttempting to lookup mount target ip address using botocore. The file system fs-99999999 is not found',
      ),
    ],
    [
      'ExportNotFound',
      efsEvent(
        "b'mount.nfs4: mounting 127.0.0.1:/bert failed, reason given by server: No such file or directory'",
      ),
    ],
    // https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/262
    [
      'ServerUnreachable',
      'MountVolume.SetUp failed for volume "efs-pv" : rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    ],
    [
      'DeclarationInvalid',
      'MountVolume.SetUp failed for volume "x" : rpc error: code = InvalidArgument desc = Volume context property path not supported.',
    ],
    [
      'DeclarationInvalid',
      'rpc error: code = InvalidArgument desc = Volume context property "mounttargetip"="x" is not a valid IP address',
    ],
    [
      'DeclarationInvalid',
      "rpc error: code = InvalidArgument desc = volume ID 'x' is invalid: Expected a file system ID of the form 'fs-[0-9a-f]{8,40}'",
    ],
    ['DeclarationInvalid', efsEvent('Access Point ID fsap-12345678 is malformed')],
    ['DeclarationInvalid', efsEvent('mounttargetip option is incompatible with crossaccount option.')],
    [
      'MountFailed',
      'MountVolume.SetUp failed for volume "x" : rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /var/lib/kubelet/plugins/efs.csi.aws.com/csi.sock: connect: connection refused"',
    ],
    [
      'MountFailed',
      'MountVolume.SetUp failed for volume "x" : rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /var/lib/kubelet/plugins/efs.csi.aws.com/csi.sock: connect: no such file or directory"',
    ],
    [
      'MountFailed',
      'MountVolume.SetUp failed for volume "x" : rpc error: code = Unavailable desc = error reading from server: EOF',
    ],
    ['MountFailed', "mount: /mnt: unknown filesystem type 'efs'."],
    ['StaleHandle', 'Unknown system error -116: Unknown system error -116, read'],
  ])('is %s: %s', (code, text) => {
    expect(codeOf('AWSEfs', text)).toBe(code);
  });

  it.each([
    "EACCES: permission denied, open '/model/a.bin'",
    '"weights.bin" cannot be read: it belongs to 4711:4711 with mode 0600; this process runs as uid 65532',
    '"weights.bin" cannot be read: its directory belongs to 4711:4711 with mode 0700; this process runs as uid 1',
    '"weights.bin" cannot be read: its directory cannot be searched; this process runs as uid 65532',
  ])('tells of the user of an access point, where there is one: %s', (text) => {
    expect(codeOf('AWSEfs', text)).toBeUndefined();
    expect(meaningOf(text, BY_ACCESS_POINT)).toMatchObject({
      code: 'SourceUnreadable',
      retryable: false,
      hint: expect.stringContaining('An access point reads as its own user') as string,
    });
  });

  it('takes a driver that stopped for one that comes back', () => {
    const said = meaningOf('csi.sock: connect: connection refused', BY_ACCESS_POINT);
    expect(said?.retryable).toBe(true);
  });
});

describe('what is said of persistentVolumeClaim', () => {
  it.each<[ErrorCode, string]>([
    [
      'ClaimNotFound',
      '0/3 nodes are available: persistentvolumeclaim "models" not found. preemption: 0/3 nodes are available',
    ],
    ['ClaimNotFound', '0/3 nodes are available: persistentvolumeclaim "models" is being deleted.'],
    [
      'ClaimNotFound',
      "error processing PVC team-a/models: can't start pod because PVC team-a/models is being deleted",
    ],
    // https://github.com/mariadb-operator/mariadb-operator/issues/374
    [
      'VolumeLost',
      '0/4 nodes are available: persistentvolumeclaim "a" bound to non-existent persistentvolume "pvc-2395".',
    ],
    // https://github.com/kubernetes/kubernetes/pull/105196
    [
      'VolumeLost',
      '0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
    ],
    // https://github.com/kubernetes/kubernetes/pull/102028
    [
      'ClaimInUse',
      '0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.',
    ],
    [
      'ClaimInUse',
      'MountVolume.SetUp failed for volume "pvc-1" : volume uses the ReadWriteOncePod access mode and is already in use by another pod',
    ],
    [
      'ClaimInUse',
      'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node and can\'t be attached to another',
    ],
    ['ClaimInUse', 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0'],
    // https://github.com/argoproj/argo-workflows/issues/9270
    ['ClaimUnbound', '0/2 nodes are available: 2 pod has unbound immediate PersistentVolumeClaims.'],
    ['ClaimUnbound', "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind."],
    ['MountFailed', 'volume model has volumeMode Block, but is specified in volumeMounts'],
    // The volume of the claim is NFS.
    ['MountDenied', nfsEvent('mount.nfs: access denied by server while mounting 10.0.0.1:/x')],
    ['StaleHandle', 'Unknown system error -116: Unknown system error -116, read'],
  ])('is %s: %s', (code, text) => {
    expect(codeOf('persistentVolumeClaim', text)).toBe(code);
  });

  it.each([
    '0/2 nodes are available: 2 node(s) had volume node affinity conflict.',
    'secret "regcred" not found',
  ])('is nothing: %s', (text) => {
    expect(codeOf('persistentVolumeClaim', text)).toBeUndefined();
  });
});

describe('what is said of localStorage', () => {
  it('is that a server lost what is mounted there', () => {
    expect(codeOf('localStorage', 'Unknown system error -116: Unknown system error -116, read')).toBe(
      'StaleHandle',
    );
    expect(codeOf('localStorage', 'EIO: i/o error, read')).toBeUndefined();
  });
});

describe('a path to the model that cannot be prepared', () => {
  it.each(['nfs', 'AWSEfs', 'persistentVolumeClaim'] as const)('is tried again for %s', (key) => {
    const text = 'failed to prepare subPath for volumeMount "model" of container "builder"';
    expect(meaningOf(text, sayingsOf(STORAGES[key]))).toMatchObject({
      ...{ code: 'LinkRefused', retryable: true },
      message: expect.stringContaining('or the server stopped to answer: failed') as string,
    });
  });
});

describe('what fails while files are read', () => {
  const sayings = sayingsOf(STORAGES.nfs);

  it('has the words of the storage where it knows them', () => {
    const error = new StowageError('SourceUnreadable', '"a.bin" cannot be read: EIO: i/o error, read');
    expect(asMeant(error, sayings)).toMatchObject({ code: 'ServerUnreachable', retryable: true });
  });

  it.each([
    ['is something else', 'RegistryFailed', 'EIO: i/o error, read'],
    ['is not known', 'SourceUnreadable', '"a.bin" cannot be read: something new'],
  ] as const)('stays as it is where it %s', (_, code, message) => {
    const error = new StowageError(code, message);
    expect(asMeant(error, sayings)).toBe(error);
  });
});

describe('hints on mount options', () => {
  it.each(['mount.nfs: Protocol not supported', 'rpc.statd is not running', 'unsupported nfs option'])(
    'do not take a StoragePolicy for the only one that has them: %s',
    (text) => {
      const said = meaningOf(text, sayingsOf(STORAGES.persistentVolumeClaim));
      expect(said?.hint).toContain('of the StoragePolicy, or of the volume of the claim');
    },
  );
});
