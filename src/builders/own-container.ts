import type { BuilderSettings, BuildTask } from './builder.ts';
import {
  AUTHORITIES_VARIABLE,
  MODEL_DIRECTORY,
  NAMESPACE_VARIABLE,
  SECRETS_DIRECTORY,
} from './in-pod/places.ts';
import { modelMount } from './pod-base.ts';

/**
 * A container of our own image. What it has to do stands in its arguments, which nobody can change.
 * @param capabilities that it gets besides none
 */
export function ownContainer(
  task: BuildTask,
  settings: BuilderSettings,
  { name, args, env = [], capabilities = [] }: OwnContainer,
): unknown {
  return {
    name,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    args: args.map(literal),
    env: [...environment(settings), ...env.map((each) => ({ ...each, value: literal(each.value) }))],
    resources: { requests: settings.requests, limits: settings.limits },
    // One that could not say how it ended has said something before.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], ...(capabilities.length === 0 ? {} : { add: capabilities }) },
    },
    volumeMounts: [
      modelMount(task, MODEL_DIRECTORY),
      { name: 'secrets', mountPath: SECRETS_DIRECTORY, readOnly: true },
    ],
  };
}

/** The kubelet puts variables in place of `$(NAME)`, in arguments and in values, and one dollar in place of two. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

interface OwnContainer {
  readonly name: string;
  readonly args: readonly string[];
  /** Besides what all such containers have. */
  readonly env?: readonly EnvironmentVariable[];
  readonly capabilities?: readonly string[];
}

/** The arguments that all commands of ours in pods read: see src/cli/verbs/build.ts. */
export function ownArguments(task: BuildTask, { plainHttp }: BuilderSettings): string[] {
  const { spec, to, base, directory, maxBytes } = task;
  return [
    ...(directory === undefined
      ? [MODEL_DIRECTORY]
      : [`${MODEL_DIRECTORY}/${directory}`, `--within=${MODEL_DIRECTORY}`]),
    `--to=${to}`,
    ...(base === undefined ? [] : [`--base=${base}`]),
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
