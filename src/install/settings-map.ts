import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { AUTHORITIES_FILE, CONTROLLER_NAME, SETTINGS_DIRECTORY, SETTINGS_FILE } from '../api/installation.ts';
import { COMMON_LABELS, type InstallOptions, type Manifest } from './manifest.ts';

type Options = Pick<InstallOptions, 'namespace' | 'settings' | 'authorities'>;

/** The ConfigMap with the controller's settings, and the authorities that they name. */
export function settingsMap(options: Options): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CONTROLLER_NAME, namespace: options.namespace, labels: COMMON_LABELS },
    data: data(options),
  };
}

/** Changes with what is in the map. On the pods it makes the Deployment replace them: settings are read at the start. */
export function settingsDigest(options: Options): string {
  return createHash('sha256')
    .update(JSON.stringify(data(options)))
    .digest('hex');
}

function data({ settings, authorities }: Options): Readonly<Record<string, string>> {
  if (authorities === undefined) return { [SETTINGS_FILE]: stringify(settings) };
  // Whatever they are called where they came from: in the pod they lie in the same map.
  const caFile = `${SETTINGS_DIRECTORY}/${AUTHORITIES_FILE}`;
  const registries = { ...(settings['registries'] as object | undefined), caFile };
  return { [SETTINGS_FILE]: stringify({ ...settings, registries }), [AUTHORITIES_FILE]: authorities };
}
