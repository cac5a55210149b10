import {
  CONTROLLER_NAME,
  HTTP_PORT,
  NODE_OPTIONS,
  SETTINGS_DIRECTORY,
  SETTINGS_FILE,
} from '../api/installation.ts';
import { BUILDER_ID } from '../api/pod-fields.ts';
import { COMMON_LABELS, SELECTOR, type InstallOptions, type Manifest } from './manifest.ts';
import { settingsDigest } from './settings-map.ts';

/**
 * It waits for the API server most of the time. It keeps every ModelVersion in memory: 10,000 are below 300 MB. No
 * limit on cores: one who is slow to renew the lease loses it.
 */
const RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } };

const SETTINGS_VOLUME = 'settings';
const HTTP = 'http';

/** The controller's replicas: one leads, the others wait. */
export function deployment(options: InstallOptions): Manifest {
  const { namespace, replicas } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: CONTROLLER_NAME, namespace, labels: { ...COMMON_LABELS, ...SELECTOR } },
    spec: {
      replicas,
      selector: { matchLabels: SELECTOR },
      template: {
        metadata: {
          labels: SELECTOR,
          annotations: { 'checksum/settings': settingsDigest(options) },
        },
        spec: podSpec(options),
      },
    },
  };
}

function podSpec({ image }: InstallOptions): object {
  return {
    serviceAccountName: CONTROLLER_NAME,
    automountServiceAccountToken: true,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: BUILDER_ID,
      runAsGroup: BUILDER_ID,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(image)],
    volumes: [{ name: SETTINGS_VOLUME, configMap: { name: CONTROLLER_NAME } }],
    // Better two on one node than one alone.
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map(
      (topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: SELECTOR },
      }),
    ),
  };
}

function container(image: string): object {
  const probe = (path: string) => ({ httpGet: { path, port: HTTP }, periodSeconds: 10, timeoutSeconds: 5 });
  return {
    name: 'controller',
    image,
    args: ['controller', '--settings', `${SETTINGS_DIRECTORY}/${SETTINGS_FILE}`],
    env: [
      // By which the leader is known: it stays the same when the container is started again.
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'NODE_OPTIONS', value: NODE_OPTIONS },
    ],
    ports: [{ name: HTTP, containerPort: HTTP_PORT }],
    livenessProbe: probe('/healthz'),
    readinessProbe: probe('/readyz'),
    resources: RESOURCES,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: SETTINGS_VOLUME, mountPath: SETTINGS_DIRECTORY, readOnly: true }],
  };
}
