import { BUILDER_ID } from '../../api/pod-fields.ts';
import type { PodSpec } from '../../kube/core.ts';
import type { BuilderSettings, BuildTask } from '../builder.ts';
import { SECRET_FILE, UPLOADS_VARIABLE } from '../in-pod/places.ts';
import { ownArguments, ownContainer, type EnvironmentVariable } from '../own-container.ts';
import { modelVolume, podBase, secretNames, secretsVolume } from '../pod-base.ts';

/** Seconds to give up uploads and to say so, a request for each upload. */
const GRACE = 10;

/** The pod that builds one image: one container that runs `stowage build`. It passes Pod Security `restricted`. */
export function podSpec(task: BuildTask, settings: BuilderSettings): PodSpec {
  return {
    ...podBase(task, settings),
    terminationGracePeriodSeconds: GRACE,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: BUILDER_ID,
      runAsGroup: BUILDER_ID,
      ...task.spec.securityContext,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      ownContainer(task, settings, {
        name: 'builder',
        args: buildArguments(task, settings),
        env: leftUploads(task),
      }),
    ],
    volumes: [
      modelVolume(task),
      secretsVolume(secretNames(task, settings), (index) => `${index}/${SECRET_FILE}`),
    ],
  };
}

function buildArguments(task: BuildTask, settings: BuilderSettings): string[] {
  const { spec, storage, previous } = task;
  return [
    'build',
    ...ownArguments(task, settings),
    ...(settings.bandwidth === undefined ? [] : [`--bandwidth=${settings.bandwidth}`]),
    `--storage=${storage}`,
    ...(previous === undefined ? [] : [`--previous=${previous.reference}`]),
    ...(spec.verifySource === undefined ? [] : [`--verify-source=${spec.verifySource}`]),
    ...(previous?.record === undefined ? [] : [`--record=${previous.record}`]),
    ...(spec.compression === undefined ? [] : [`--compression=${spec.compression}`]),
  ];
}

function leftUploads({ uploads }: BuildTask): readonly EnvironmentVariable[] {
  return uploads.length === 0 ? [] : [{ name: UPLOADS_VARIABLE, value: JSON.stringify(uploads) }];
}
