import type { PodSpec, PodVolume, Toleration } from '../kube/core.ts';
import type { BuilderSettings, BuildTask, NodeNames } from './builder.ts';

/** Seconds on a node that does not answer; Kubernetes' own default is 300. What was sent by then is not sent again. */
const LOST_NODE = 30;

/**
 * What the pods of all builders have in common: one attempt, within a time, on a node that reaches the model, with no
 * API token. `fsGroup` is never set: it would change the group of the model's files.
 */
export function podBase({ spec, nodes }: BuildTask, settings: BuilderSettings): PodSpec {
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: settings.deadline,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.priorityClassName === undefined ? {} : { priorityClassName: settings.priorityClassName }),
    tolerations: [...settings.tolerations, ...(spec.tolerations ?? []), ...LEAVES_LOST_NODES],
    ...(nodes === undefined ? {} : { affinity: onlyOn(nodes) }),
  };
}

const LEAVES_LOST_NODES: readonly Toleration[] = ['not-ready', 'unreachable'].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: LOST_NODE,
}));

/** One name in each requirement, since that is all that the API takes: terms are alternatives, fields of one add up. */
function onlyOn(nodes: NodeNames): unknown {
  const field = (operator: 'In' | 'NotIn') => (name: string) => ({
    ...{ key: 'metadata.name', operator, values: [name] },
  });
  const nodeSelectorTerms =
    'only' in nodes
      ? nodes.only.map((name) => ({ matchFields: [field('In')(name)] }))
      : [{ matchFields: nodes.but.map(field('NotIn')) }];
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
}

/** The claim with the model. A pod that could write it would still mount it with the option `ro` of its volume. */
export function modelVolume({ claimName }: BuildTask): PodVolume {
  return { name: 'model', persistentVolumeClaim: { claimName, readOnly: true } };
}

/** Where the model is mounted. */
export function modelMount({ subPath }: BuildTask, mountPath: string): unknown {
  return { name: 'model', mountPath, readOnly: true, ...(subPath === undefined ? {} : { subPath }) };
}

/** Names of the Secrets with push credentials, the first to look into first. */
export function secretNames(
  { spec: { imagePushSecrets = [] } }: BuildTask,
  { pushSecret }: BuilderSettings,
): string[] {
  return imagePushSecrets.length > 0 ? imagePushSecrets.map(({ name }) => name) : [pushSecret];
}

/**
 * Credentials reach the pod without the controller reading them. A Secret that is not there keeps no pod from starting:
 * the kubelet would wait for it and say so in an event only, the container ends and says which one it is.
 * @param pathOf where in the volume the credentials of each are
 */
export function secretsVolume(names: readonly string[], pathOf: (index: number) => string): PodVolume {
  const sources = names.map((name, index) => ({
    secret: { name, optional: true, items: [{ key: '.dockerconfigjson', path: pathOf(index) }] },
  }));
  // The files are root's, and whoever the container runs as must read them. No other pod sees them.
  return { name: 'secrets', projected: { defaultMode: 0o444, sources } };
}
