import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ApiClient } from '../../../src/kube/api-client.ts';
import type { ApiClientOptions } from '../../../src/kube/api-options.ts';
import type { Cluster } from '../../../src/kube/cluster.ts';
import { findCluster } from '../../../src/kube/kubeconfig.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import { tempDir } from '../../support/tempdir.ts';
import { clientOf, THINGS, type Thing } from '../support/client.ts';
import type { ControlPlane } from './control-plane.ts';
import { NAMESPACES } from './kinds.ts';

/** What tests against a real API server begin with. */
export class Stage {
  readonly plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  admin(): Promise<Cluster> {
    return findCluster({ env: {}, kubeconfig: this.plane.kubeconfig });
  }

  /** A client of the admin's, and a namespace that nobody else uses. */
  async start(options: Partial<ApiClientOptions> = {}): Promise<{ api: ApiClient; namespace: string }> {
    const api = clientOf(await this.admin(), options);
    const namespace = `test-${randomUUID().slice(0, 8)}`;
    await api.create(NAMESPACES, { metadata: { name: namespace } });
    return { api, namespace };
  }

  /** The admin's cluster as it is reached through a proxy. */
  async through(proxy: FaultProxy): Promise<Cluster> {
    return { ...(await this.admin()), server: new URL(`https://127.0.0.1:${proxy.port}`) };
  }

  /** The same cluster as a kubeconfig with these entries would have it. */
  async custom(cluster: object, user: object): Promise<Cluster> {
    const path = join(await tempDir(), 'config');
    const document = {
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: this.plane.url.href, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    };
    await writeFile(path, JSON.stringify(document));
    return findCluster({ env: {}, kubeconfig: path });
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const [program = '', ...fixed] = this.plane.kubectl;
    const all = [...fixed, '--kubeconfig', this.plane.kubeconfig, ...args];
    return (await promisify(execFile)(program, all)).stdout.trim();
  }
}

export async function allThings(api: ApiClient, namespace: string): Promise<Thing[]> {
  const items: Thing[] = [];
  let page = await api.list(THINGS, { namespace });
  items.push(...page.items);
  while (page.next !== undefined) {
    page = await api.list(THINGS, { namespace, from: page.next });
    items.push(...page.items);
  }
  return items;
}

export function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
