import { join } from 'node:path';
import type { Component } from './component.ts';
import { flags } from './flags.ts';
import { LOOPBACK, type Place } from './place.ts';
import type { Workspace } from './workspace.ts';

/** The API server's store, on its own and on the loopback address. The API server waits for it by itself. */
export function etcd(programs: string, workspace: Workspace, place: Place): Component {
  const client = `http://${LOOPBACK}:${place.etcdPort}`;
  const peer = `http://${LOOPBACK}:${place.etcdPeerPort}`;
  const settings = flags({
    'data-dir': workspace.path('etcd'),
    // What it stores goes with the cluster; a disk that syncs slowly would make the API server slow for nothing.
    'unsafe-no-fsync': true,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    'log-level': 'warn',
  });
  return { name: 'etcd', command: [join(programs, 'etcd'), ...settings] };
}
