import type { ModelVersion } from '../../api/modelversion.ts';
import { BUILDER_ID } from '../../api/pod-fields.ts';
import type { PodSpec, PodVolume, Toleration } from '../../kube/core.ts';
import type { BuilderSettings, BuildTask, NodeNames } from '../builder.ts';
import {
  AUTHORITIES_VARIABLE,
  MODEL_DIRECTORY,
  NAMESPACE_VARIABLE,
  SECRET_FILE,
  SECRETS_DIRECTORY,
} from './places.ts';

type Spec = ModelVersion['spec'];

/** Seconds to give up uploads and to say so, a request for each upload. */
const GRACE = 10;

/** Seconds on a node that does not answer; Kubernetes' own default is 300. What was sent by then is not sent again. */
const LOST_NODE = 30;

/**
 * The pod that builds one image: one container that runs `stowage build`. It passes Pod Security `restricted`, has no
 * API token, and what it has to do stands in its arguments, which nobody can change. `fsGroup` is never set: it would
 * change the group of the model's files.
 */
export function podSpec(task: BuildTask, settings: BuilderSettings): PodSpec {
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: settings.deadline,
    terminationGracePeriodSeconds: GRACE,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.priorityClassName === undefined ? {} : { priorityClassName: settings.priorityClassName }),
    tolerations: [...settings.tolerations, ...(task.spec.tolerations ?? []), ...LEAVES_LOST_NODES],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: BUILDER_ID,
      runAsGroup: BUILDER_ID,
      ...task.spec.securityContext,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(task.nodes === undefined ? {} : { affinity: onlyOn(task.nodes) }),
    containers: [container(task, settings)],
    volumes: [
      { name: 'model', persistentVolumeClaim: { claimName: task.claimName, readOnly: true } },
      secretsVolume(task.spec, settings),
    ],
  };
}

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

const LEAVES_LOST_NODES: readonly Toleration[] = ['not-ready', 'unreachable'].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: LOST_NODE,
}));

function container(task: BuildTask, settings: BuilderSettings): unknown {
  return {
    name: 'builder',
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    args: buildArguments(task, settings),
    env: environment(settings),
    resources: { requests: settings.requests, limits: settings.limits },
    // A builder that could not say how it ended has said something before.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      {
        name: 'model',
        mountPath: MODEL_DIRECTORY,
        readOnly: true,
        ...(task.subPath === undefined ? {} : { subPath: task.subPath }),
      },
      { name: 'secrets', mountPath: SECRETS_DIRECTORY, readOnly: true },
    ],
  };
}

/** What `stowage build` reads: see src/cli/verbs/build.ts. */
function buildArguments(task: BuildTask, { plainHttp }: BuilderSettings): string[] {
  const { spec, to, base, directory, maxBytes } = task;
  return [
    'build',
    ...(directory === undefined
      ? [MODEL_DIRECTORY]
      : [`${MODEL_DIRECTORY}/${directory}`, `--within=${MODEL_DIRECTORY}`]),
    `--to=${to}`,
    ...(base === undefined ? [] : [`--base=${base}`]),
    ...(spec.compression === undefined ? [] : [`--compression=${spec.compression}`]),
    ...(spec.overwrite === true ? ['--overwrite'] : []),
    ...(maxBytes === undefined ? [] : [`--max-bytes=${maxBytes}`]),
    ...plainHttp.map((host) => `--plain-http=${host}`),
    `--secrets=${SECRETS_DIRECTORY}`,
    ...(spec.imagePushSecrets ?? []).map(({ name }) => `--push-secret=${name}`),
  ];
}

function environment({ authorities }: BuilderSettings): unknown[] {
  const namespace = { fieldRef: { fieldPath: 'metadata.namespace' } };
  return [
    { name: NAMESPACE_VARIABLE, valueFrom: namespace },
    ...(authorities === undefined ? [] : [{ name: AUTHORITIES_VARIABLE, value: authorities }]),
  ];
}

/**
 * Credentials reach the pod without the controller reading them. A Secret that is not there keeps no pod from starting:
 * the kubelet would wait for it and say so in an event only, the builder ends and says which one it is.
 */
function secretsVolume({ imagePushSecrets = [] }: Spec, { pushSecret }: BuilderSettings): PodVolume {
  const names = imagePushSecrets.length > 0 ? imagePushSecrets.map(({ name }) => name) : [pushSecret];
  const sources = names.map((name, index) => ({
    secret: {
      name,
      optional: true,
      items: [{ key: '.dockerconfigjson', path: `${index}/${SECRET_FILE}` }],
    },
  }));
  // The files are root's, and whoever the container runs as must read them. No other container sees them.
  return { name: 'secrets', projected: { defaultMode: 0o444, sources } };
}
