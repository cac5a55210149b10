/** What the controller and what installs it agree on. */

/** Of its Deployment, its ServiceAccount, its Roles, and the Lease by which its replicas elect a leader. */
export const CONTROLLER_NAME = 'stowage-controller';

/** Where it answers `/healthz`, `/readyz` and `/metrics`. Below 1024 it would need a privilege. */
export const HTTP_PORT = 8080;

/** Where its settings are mounted, and the authorities that they name. */
export const SETTINGS_DIRECTORY = '/etc/stowage';
export const SETTINGS_FILE = 'settings.yaml';
export const AUTHORITIES_FILE = 'authorities.pem';

/**
 * How Node.js uses memory in the controller, which makes much that is soon garbage. By itself it grows by the memory of
 * the machine: then 500 builds took 305 MB where 10,000 ModelVersions need 270.
 */
export const NODE_OPTIONS = '--max-old-space-size=320 --max-semi-space-size=2';
