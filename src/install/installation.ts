import { crds } from '../api/crd.ts';
import { CONTROLLER_NAME } from '../api/installation.ts';
import { deployment } from './deployment.ts';
import { COMMON_LABELS, SELECTOR, type InstallOptions, type Manifest } from './manifest.ts';
import { metricsService, networkPolicy } from './network.ts';
import { controllerRights, userRoles } from './rbac.ts';
import { settingsMap } from './settings-map.ts';

/** Everything that a cluster needs to build images, in an order that can be applied in one go. */
export function installation(options: InstallOptions): Manifest[] {
  const { namespace } = options;
  return [
    ownNamespace(namespace),
    ...crds(),
    ...userRoles(),
    ...controllerRights(namespace),
    settingsMap(options),
    networkPolicy(namespace),
    metricsService(namespace),
    disruptionBudget(namespace),
    deployment(options),
  ];
}

function ownNamespace(name: string): Manifest {
  const levels = ['enforce', 'audit', 'warn'].map(
    (mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'] as const,
  );
  const labels = { ...COMMON_LABELS, ...Object.fromEntries(levels) };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** Nodes are drained one controller at a time. (A minimum of one would block the drain where there is only one.) */
function disruptionBudget(namespace: string): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: CONTROLLER_NAME, namespace, labels: COMMON_LABELS },
    spec: { maxUnavailable: 1, selector: { matchLabels: SELECTOR } },
  };
}
