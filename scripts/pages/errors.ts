import { exitCodeOf } from '../../src/cli/exit.ts';
import { ERROR_CODES, type ErrorCode, StowageError } from '../../src/errors.ts';
import { reasonsSection } from './reasons.ts';

/** What to do about each code. The error itself says it for the case at hand; this is for whoever reads ahead. */
const REMEDIES: Readonly<Record<ErrorCode, string>> = {
  UsageInvalid: '`stowage help COMMAND` shows the options and examples.',
  DeclarationInvalid: 'Each line of the message names file, line, column, field and what was expected there.',
  SpecImmutable: 'Give the new version another name, or `stowage delete modelversion NAME` first.',
  ObjectNotFound: '`stowage get modelversions --all-namespaces` lists what there is.',
  StateUnusable: 'Look at the file it names; `STOWAGE_STATE` chooses another directory.',
  StateBusy:
    'Another process builds the same version, or pulls into the same folder. Wait for it. That one has ended on another machine or in another container shows after 90 seconds.',
  StorageUnsupported:
    'The message has the command that mounts it: run that, or all of it as root. A claim exists in a cluster only.',
  NodeMismatch: 'Run it on the node that `nodeName` names, or leave `nodeName` out.',
  PathNotFound: 'Check the path, and that what should be mounted there is mounted.',
  SourceUnreadable: 'Run as a user that may read the files; NFS with root_squash refuses root.',
  ArtifactEmpty: 'Check the path: there is no file below it.',
  ModelTooLarge:
    'Build from a directory that holds the model alone, without checkpoints; or ask for a higher `limits.modelSize`.',
  ArtifactChanged: 'Wait until the training job has written its last file, then try again.',
  ArtifactTruncated: 'Copy or save the file again; `git lfs pull` where it is a pointer.',
  ArtifactInvalid: 'The file is damaged or is no model of that format. Save it again.',
  FileRefused: 'Rename or remove the file that the message names.',
  LinkRefused: 'Replace the link by a copy (`cp -rL`), or name the directory that holds both ends.',
  TooManyLayers:
    'Save the model in fewer, larger shards, for example `save_pretrained(max_shard_size="20GB")`.',
  LayerTooLarge:
    'Save the model in smaller shards, or use a registry with a higher limit (docs/registries.md).',
  BaseInvalid: 'Choose a base image for Linux without `/models` and `/kubedl-model`, such as busybox.',
  BaseNotFound: 'Check the name and tag of the base image, and that you may pull it.',
  ImageNotFound: 'Check the name and tag of the image, and that you may pull it.',
  ImageInvalid: 'The message says what is wrong with it. Push it again, or have it pushed again.',
  Unwritable: 'Choose a directory that you may write to, on a file system that is not read-only.',
  FileExists: 'Pull into another directory, or say that the file may be replaced: `--overwrite`.',
  TagExists: 'Choose another tag, or `overwrite: true` / `--overwrite`.',
  RegistryAuth: '`docker login HOST`, with an account that may push to that repository.',
  RegistryNotFound: 'Create the repository or project first where the registry does not do so by itself.',
  RegistryQuota: 'Free space or raise the quota; after too many requests wait a while.',
  RegistryUnreachable: 'Check host, port, proxy and network; `--plain-http` where it speaks no TLS.',
  RegistryFailed: "The registry's own log says more. Trying again is safe.",
  RegistryCorrupt: 'Have the registry and its storage checked; do not use the image.',
  TlsUntrusted: "`--ca-file` with the authority that signed the registry's certificate.",
  CredentialsUnusable:
    'Repair the file or the credential helper that the message names; `docker login` writes it anew.',
  LayoutInvalid: 'Name an empty or new directory, or one that holds an OCI image layout.',
  KubeconfigInvalid: 'Check `KUBECONFIG`, the file it names and the context.',
  ClusterUnreachable: 'Check the address in the kubeconfig, the network and that the cluster runs.',
  ClusterAuth: 'Log in to the cluster again, or ask its administrator for the rights that the message names.',
  ClusterFailed: "The API server's answer is in the message. Trying again is safe.",
  PolicyDenied:
    'The message contains the smallest StoragePolicy that would allow it; an administrator applies it.',
  NodeNotFound: 'Check `nodeName` against `kubectl get nodes`.',
  NodeNotReady: 'Have the node repaired; the build goes on when it is ready.',
  NodeLost: 'The build is tried again once the node is back.',
  ClaimNotFound: 'Check `claimName` against `kubectl get pvc` in the namespace of the ModelVersion.',
  ClaimUnbound: 'See `kubectl describe pvc` and the events of the ModelVersion.',
  ClaimInUse: 'Wait until the pod that uses the volume has ended, or stop it.',
  VolumeLost: 'Leave the volumes and claims that Stowage makes alone; it removes them itself.',
  DriverMissing: 'Install the CSI driver, on the node of the builder pod too.',
  MountFailed: "The message has the node's own words. Check that the path, server or export exists.",
  MountDenied:
    'Have the exports of the server, or the policies of the file system, let this machine in; see its page in docs/storage.',
  ServerUnreachable: 'Check that the server runs, its name, and the network and firewalls on the way to it.',
  ExportNotFound: 'Check the path, or the id of the file system, against what the server has.',
  StaleHandle: 'The directory was replaced on the server while it was read. Try again when that is done.',
  SecretMissing: 'Create it: `kubectl create secret docker-registry NAME --docker-server=…`.',
  BuilderImageUnavailable:
    'Check `builder.image` in the settings of the controller, and that nodes may pull it.',
  BuilderFailed: 'The message has the end of its log.',
  PodLost: 'Leave builder pods alone; `stowage cancel` stops a build.',
  Unschedulable: 'The message has the words of the scheduler: taints need `spec.tolerations`.',
  Evicted: 'Free memory or disk on the node, or give builder pods a priority (`builder.priorityClassName`).',
  OutOfMemory:
    'Raise `builder.limits.memory` in the settings of the controller; 512Mi is enough for any model.',
  QuotaExceeded: 'Free or raise the quota of the namespace.',
  AdmissionDenied: 'The message says which rule refuses; builder pods pass Pod Security `restricted`.',
  NamespaceTerminating: 'Nothing is built in a namespace that is being deleted.',
  OutOfDisk: 'Free space, or choose a directory on another disk.',
  Timeout: 'Try again; where it happens each time, the registry or storage is too slow or stuck.',
  Cancelled: 'Nothing was tagged. Start it again when you like.',
  Internal: 'This is a defect. Please report it with the output of the same call and `--debug`.',
};

/** docs/troubleshooting.md */
export function errorsPage(): string {
  const rows = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => {
    const exit = exitCodeOf(new StowageError(code, ''));
    return `| \`${code}\` | ${ERROR_CODES[code]} | ${REMEDIES[code]} | ${exit} |`;
  });
  return `# Troubleshooting

An error says what went wrong, with what, and what to do. Its code is also the reason in the conditions of a
ModelVersion's status: \`stowage describe modelversion NAME\` shows it, with the message, after the fact; with \`--kube\` of
a cluster. \`--debug\` adds what lies below an error.

Whatever fails, no tag has moved: an image is tagged when every byte of it has arrived and no file has changed.

${reasonsSection()}
## Every error

| code | what it means | what to do | exit code |
|---|---|---|---|
${rows.join('\n')}
`;
}
