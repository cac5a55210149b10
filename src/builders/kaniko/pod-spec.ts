import type { PodSpec, PodVolume } from '../../kube/core.ts';
import type { BuilderSettings, BuildTask } from '../builder.ts';
import { SECRET_FILE } from '../in-pod/places.ts';
import { ownArguments, ownContainer } from '../own-container.ts';
import { modelMount, modelVolume, podBase, secretNames, secretsVolume } from '../pod-base.ts';
import {
  AUTHORITIES,
  AUTHORITIES_DIRECTORY,
  CONTEXT,
  DOCKER_DIRECTORY,
  DOCKERFILE,
  LINK,
  MODEL,
  OWN_AUTHORITIES_DIRECTORY,
} from './places.ts';
import { requestsFor } from './room.ts';
import { refuseUnfit } from './unfit.ts';

/** Seconds. Kaniko leaves an upload as it is, so there is nothing to wait for. */
const GRACE = 1;

/** It gives files their owners and modes, whoever owns them on the storage. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/**
 * The pod that builds one image with Kaniko, as root: Pod Security `baseline` admits it, `restricted` does not. Before
 * it a container of ours looks at what Kaniko does not: whether the Secret is there, the model within its limits, the
 * tag free.
 */
export function podSpec(task: BuildTask, settings: BuilderSettings): PodSpec {
  refuseUnfit(task, settings.kaniko);
  return {
    ...podBase(task, settings),
    terminationGracePeriodSeconds: GRACE,
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      ...task.spec.securityContext,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    initContainers: [check(task, settings)],
    containers: [kaniko(task, settings)],
    volumes: [
      modelVolume(task),
      { name: 'files', configMap: { name: task.podName } },
      credentials(task, settings),
    ],
  };
}

/** It reads what Kaniko will read, so it needs Kaniko's power over files, and no other. */
function check(task: BuildTask, settings: BuilderSettings): unknown {
  const args = ['check', ...ownArguments(task, settings), `--uid=${task.uid}`];
  return ownContainer(task, settings, { name: 'check', args, capabilities: ['DAC_OVERRIDE'] });
}

function kaniko(task: BuildTask, { kaniko: own, plainHttp, authorities }: BuilderSettings): unknown {
  const compression = task.spec.compression === 'zstd' ? 'zstd' : own.compression;
  return {
    name: 'builder',
    image: own.image,
    imagePullPolicy: own.imagePullPolicy,
    args: [
      `--context=dir://${CONTEXT}`,
      `--dockerfile=${CONTEXT}/${DOCKERFILE}`,
      `--destination=${task.to}`,
      '--digest-file=/dev/termination-log',
      // Both keep the model out of memory; https://github.com/GoogleContainerTools/kaniko/pull/1722.
      '--compressed-caching=false',
      '--single-snapshot',
      `--compression=${compression}`,
      `--compression-level=${own.compressionLevel}`,
      '--log-format=text',
      ...plainHttp.map((host) => `--insecure-registry=${host}`),
    ],
    env: [
      { name: 'DOCKER_CONFIG', value: DOCKER_DIRECTORY },
      // It would fall back to what the node itself may do.
      { name: 'AWS_EC2_METADATA_DISABLED', value: 'true' },
      ...(authorities === undefined
        ? []
        : [{ name: 'SSL_CERT_DIR', value: `${OWN_AUTHORITIES_DIRECTORY}:${AUTHORITIES_DIRECTORY}` }]),
    ],
    resources: { requests: requestsFor(task.spec, own), limits: own.limits },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: CAPABILITIES },
    },
    volumeMounts: [
      modelMount(task, `${CONTEXT}/${MODEL}`),
      ...[DOCKERFILE, LINK].map((name) => file(name, `${CONTEXT}/${name}`)),
      ...(authorities === undefined ? [] : [file(AUTHORITIES, `${AUTHORITIES_DIRECTORY}/${AUTHORITIES}`)]),
      { name: 'secrets', mountPath: DOCKER_DIRECTORY, subPath: '0', readOnly: true },
    ],
  };
}

/** By itself: a ConfigMap as a whole holds links, and cannot be mounted into. */
function file(name: string, mountPath: string): unknown {
  return { name: 'files', mountPath, subPath: name, readOnly: true };
}

function credentials(task: BuildTask, settings: BuilderSettings): PodVolume {
  return secretsVolume(secretNames(task, settings), (index) => `${index}/${SECRET_FILE}`);
}
