import type { ErrorCode } from '../../src/errors.ts';

/** A reason as it reads in a cluster. */
interface Remedy {
  readonly seen: string;
  readonly todo: string;
  /** Whether the controller tries again by itself. */
  readonly again: 'yes' | 'no' | 'when it changes';
}

/** Reasons of conditions that are no errors. */
const COURSE: readonly (readonly [reason: string, meaning: string])[] = [
  ['Building', 'an attempt runs; `status.builderPod` is its pod, `status.progress` how far it is'],
  ['Queued', 'as many builds run as may; `status.queuePosition` come before it (`limits` in the settings)'],
  ['Suspended', '`spec.suspend` holds it back'],
  ['ModelTerminating', 'its Model is being deleted, and takes it along'],
  ['Bound', 'of `StorageReady`: the volume is there'],
  ['Succeeded', 'the image is in the registry'],
];

/** Those that mean something else in a cluster than on one machine, or are only there. In the order of a build. */
const IN_CLUSTER: Readonly<Partial<Record<ErrorCode, Remedy>>> = {
  DeclarationInvalid: {
    seen: 'the spec was let in by KubeDL’s CRD, and says something that cannot be built, or not by its builder',
    todo: 'Delete the ModelVersion and declare it anew: a spec cannot change.',
    again: 'no',
  },
  PolicyDenied: {
    seen: '`namespace "team-a" may not read "/data/bert" on node "worker-7" …`, and the policy that would allow it',
    todo: 'An administrator applies that policy, or a wider one: [policies.md](policies.md#a-refusal).',
    again: 'when it changes',
  },
  NodeNotFound: {
    seen: '`there is no node "worker-77"`',
    todo: 'The name as `kubectl get nodes` has it; a new ModelVersion, since the spec cannot change.',
    again: 'yes',
  },
  NodeNotReady: {
    seen: '`node "worker-7" is not ready`, with what the node says',
    todo: '`kubectl describe node NAME`. It goes on when the node is ready.',
    again: 'yes',
  },
  NamespaceTerminating: {
    seen: 'the namespace is being deleted',
    todo: 'Nothing: no build begins there.',
    again: 'no',
  },
  QuotaExceeded: {
    seen: '`exceeded quota` or `failed quota`, with which one',
    todo: '`kubectl describe quota`: a claim, a pod, and what `builder.requests` and `builder.limits` in the settings say (for Kaniko those of `builder.kaniko`) must fit in.',
    again: 'yes',
  },
  AdmissionDenied: {
    seen: 'the words of the rule that refuses the claim or the pod',
    todo: 'Change the rule, then retry. Builder pods pass Pod Security `restricted`; [Kaniko’s](kaniko.md) pass `baseline`.',
    again: 'no',
  },
  ClaimUnbound: {
    seen: 'the volume was not bound in `deadlines.storage`',
    todo: '`kubectl describe pvc NAME`. A volume of the controller’s own: the controller manager of the cluster may be down.',
    again: 'yes',
  },
  VolumeLost: {
    seen: 'somebody deleted the volume or its claim',
    todo: 'Leave alone what carries `app.kubernetes.io/managed-by: stowage`.',
    again: 'yes',
  },
  ClaimInUse: {
    seen: 'a pod has mounted the claim of an earlier attempt, or the volume is in use elsewhere',
    todo: '`kubectl describe pvc NAME` says which pod uses it; delete that pod.',
    again: 'yes',
  },
  Unschedulable: {
    seen: 'the scheduler’s own words, such as `untolerated taint` or `1 Insufficient cpu`',
    todo: 'A taint: `builder.tolerations` in the settings, or a new ModelVersion with `spec.tolerations`. No room: the pod must run on the node of the model.',
    again: 'yes',
  },
  BuilderImageUnavailable: {
    seen: 'the node’s words, such as `Back-off pulling image …`',
    todo: '`builder.image` in the settings; nodes must be able to pull it.',
    again: 'yes',
  },
  PathNotFound: {
    seen: '`the directory is not on the node: …`',
    todo: 'Look on that node: is the path right, is what should be there mounted? Then retry.',
    again: 'no',
  },
  LinkRefused: {
    seen: '`on the way to the model there is a link that leads out …`, or a link in the model by its name',
    todo: 'Name the directory itself, in a new ModelVersion; replace links in the model by copies.',
    again: 'no',
  },
  ModelTooLarge: {
    seen: 'the model is larger than `limits.modelSize` of every policy that allows it',
    todo: 'A new ModelVersion of a directory with the model alone, or another policy; then retry.',
    again: 'no',
  },
  ClaimNotFound: {
    seen: 'there is no such claim in the namespace of the ModelVersion, or it is being deleted',
    todo: '`kubectl get pvc`. It goes on when the claim is there.',
    again: 'yes',
  },
  ServerUnreachable: {
    seen: '`the server does not answer: …` or `the server is not found by its name: …`, with the node’s own words',
    todo: 'Look from that node: the server, its name, firewalls, security groups ([storage](storage/README.md)).',
    again: 'yes',
  },
  MountDenied: {
    seen: '`the server refuses to be mounted: …`, with the node’s own words',
    todo: 'The exports of the server must let the nodes in; of AWS EFS its policy, access point and IAM. Then retry.',
    again: 'no',
  },
  ExportNotFound: {
    seen: 'the server has no such directory, or there is no such file system',
    todo: 'Check path or handle; a new ModelVersion, since the spec cannot change, or the directory, then retry.',
    again: 'no',
  },
  StaleHandle: {
    seen: 'a directory or file was replaced on the server while it was read',
    todo: 'Nothing where that has ended: the next attempt reads what is there now.',
    again: 'yes',
  },
  MountFailed: {
    seen: '`the node cannot mount the volume: …`, with the node’s own words',
    todo: 'Often passes by itself. Else the words say what the node lacks.',
    again: 'yes',
  },
  DriverMissing: {
    seen: 'the CSI driver of the volume does not run on the node',
    todo: 'Install it there.',
    again: 'yes',
  },
  Timeout: {
    seen: 'the pod did not start in `deadlines.start`, or ran for longer than `deadlines.build`',
    todo: '`kubectl describe pod` while it waits; raise the deadline where storage or registry are that slow.',
    again: 'yes',
  },
  SecretMissing: {
    seen: 'a Secret of `spec.imagePushSecrets` is not there, or is of another type',
    todo: '`kubectl create secret docker-registry NAME …` in the same namespace; the next attempt takes it.',
    again: 'yes',
  },
  RegistryAuth: {
    seen: '`HOST refused to …`, and which credentials were used',
    todo: 'Replace the Secret by one of an account that may push there, then retry.',
    again: 'no',
  },
  RegistryUnreachable: {
    seen: '`HOST does not take connections`, as seen from the node and not from your machine',
    todo: 'Name, port, network policies. Without TLS: `registries.plainHttp`. Builder pods use no proxy.',
    again: 'yes',
  },
  TlsUntrusted: {
    seen: 'the registry’s certificate is signed by an authority of your own',
    todo: '`registries.caFile` in the settings, then retry.',
    again: 'no',
  },
  TagExists: {
    seen: '`HOST/REPO:TAG already exists with other content`',
    todo: 'A new ModelVersion with another tag, or with `overwrite: true`.',
    again: 'no',
  },
  SourceUnreadable: {
    seen: 'the file, its owner and mode, and as whom it was read',
    todo: '`chmod -R a+rX`, or `spec.securityContext` with its owner in a new ModelVersion: [localstorage.md](storage/localstorage.md#who-reads-the-files).',
    again: 'no',
  },
  ArtifactChanged: {
    seen: 'the training job still writes',
    todo: 'Create the ModelVersion when it has ended. What it wrote is read by the next attempt.',
    again: 'yes',
  },
  Evicted: {
    seen: 'the node ran out of memory or disk, was shut down, or needed room',
    todo: '`builder.priorityClassName` in the settings, or room on the node.',
    again: 'yes',
  },
  OutOfMemory: {
    seen: 'the builder was killed at its limit',
    todo: 'Raise `builder.limits.memory`; the default of 512Mi is enough for a model of any size.',
    again: 'yes',
  },
  NodeLost: {
    seen: 'the node does not answer; the pod was deleted by force',
    todo: 'Have the node repaired.',
    again: 'yes',
  },
  PodLost: {
    seen: 'somebody deleted the builder pod',
    todo: '`stowage cancel NAME --kube` stops a build; a pod that is deleted is made again.',
    again: 'yes',
  },
  BuilderFailed: {
    seen: 'the node cannot start the pod, or the builder ended without a result, with the end of its log',
    todo: 'Have the node looked at; or is `builder.image` no image of Stowage, or of another version?',
    again: 'yes',
  },
  ClusterFailed: {
    seen: 'the API server does not do what the controller asks for, with its answer',
    todo: 'Look at the API server, at its webhooks, and at the rights of the controller.',
    again: 'yes',
  },
  Cancelled: {
    seen: 'the annotation `model.kubedl.io/cancel` asked for it',
    todo: 'Nothing was tagged. Retry when you like.',
    again: 'no',
  },
};

/** What is found in the conditions of a ModelVersion in a cluster, and what to do about it. */
export function reasonsSection(): string {
  const course = COURSE.map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`);
  const trouble = Object.entries(IN_CLUSTER).map(
    ([code, { seen, todo, again }]) => `| \`${code}\` | ${seen} | ${todo} | ${again} |`,
  );
  return `## In a cluster: why is it not ready?

\`\`\`sh
stowage describe modelversion NAME --kube            # the first line says why; then conditions, builder pod, events
kubectl get modelversion NAME -o jsonpath='{.status.message}'    # the same sentence, with what to do
kubectl events --for mv/NAME                         # what happened so far
stowage logs NAME --kube                             # what the builder says, while its pod is there
kubectl -n stowage-system logs deployment/stowage-controller --all-pods    # what the controller says
\`\`\`

1. **It has no status at all**: the controller does not run, or does not lead. \`kubectl -n stowage-system get pods,lease\`.
2. **\`Stalled\` is True**: it waits for a person. Do what the message says. What was refused (\`PolicyDenied\`) then goes on by
   itself; what has failed is tried again when you ask:
   \`kubectl annotate mv NAME --overwrite model.kubedl.io/retry="$(date +%s)"\`, or \`stowage retry NAME --kube\`.
3. **\`Reconciling\` is True**: somebody is at it. The reason is \`Building\` or \`Queued\`, or why the last attempt failed, with
   the time of the next; asking for a retry ends that wait.
4. **Neither**: it is held back, \`Suspended\`.
5. **It is in deletion for ever**: the controller is gone, [install.md](install.md#the-controller-is-gone-already).

## In a cluster: by reason

| reason | what it means |
|---|---|
${course.join('\n')}

Errors that read differently in a cluster, in the order of a build; the others are below. Those that are tried again are
so at most \`retries.attempts\` times, later each time.

| reason | what you see | what to do | tried again |
|---|---|---|---|
${trouble.join('\n')}
`;
}
