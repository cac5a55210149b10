import { join } from 'node:path';
import type { Access } from './access.ts';
import type { Component } from './component.ts';
import { flags } from './flags.ts';
import type { Workspace } from './workspace.ts';

/** Binds volumes, collects garbage, deletes namespaces, makes service accounts and notices lost nodes. */
export function controllerManager(programs: string, workspace: Workspace, access: Access): Component {
  const { certificates, credentials, client } = access;
  const settings = flags({
    kubeconfig: credentials.kubeconfigs.controllerManager,
    'root-ca-file': certificates.authority.cert,
    'service-account-private-key-file': certificates.serviceAccounts.privateKey,
    // Each controller with its own role, as clusters run them; at the default rate it takes seconds to make these.
    'use-service-account-credentials': true,
    'kube-api-qps': 500,
    'kube-api-burst': 1000,
    // When a node that is not heard of is lost. The default, 50 s, is long for a test to wait.
    'node-monitor-grace-period': '8s',
    'node-monitor-period': '1s',
    // The default is a directory under /usr.
    'flex-volume-plugin-dir': workspace.path('volume-plugins'),
    'leader-elect': false,
    'secure-port': 0,
  });
  return {
    name: 'kube-controller-manager',
    command: [join(programs, 'kube-controller-manager'), ...settings],
    // Pods cannot be created before.
    ready: async () =>
      (await client.get('/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
  };
}
