import { join } from 'node:path';
import type { Access } from './access.ts';
import type { Component } from './component.ts';
import { flags } from './flags.ts';

/** Gives pods their nodes. */
export function scheduler(programs: string, { credentials }: Access): Component {
  const settings = flags({
    kubeconfig: credentials.kubeconfigs.scheduler,
    'leader-elect': false,
    'secure-port': 0,
  });
  return { name: 'kube-scheduler', command: [join(programs, 'kube-scheduler'), ...settings] };
}
