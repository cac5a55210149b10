import { join } from 'node:path';
import type { Access } from '../../../e2e/cluster/access.ts';
import { apiClient } from '../../../e2e/cluster/api-client.ts';
import { apiServer, apiServerNames } from '../../../e2e/cluster/apiserver.ts';
import { kubernetesPrograms } from '../../../e2e/cluster/build.ts';
import { createCertificates } from '../../../e2e/cluster/certificates.ts';
import { TIED_TO_US, type Running } from '../../../e2e/cluster/component.ts';
import { createCredentials } from '../../../e2e/cluster/credentials.ts';
import { etcd } from '../../../e2e/cluster/etcd.ts';
import { placeOnLoopback, type Place } from '../../../e2e/cluster/place.ts';
import { processGroup, type ProcessGroup } from '../../../e2e/cluster/process-group.ts';
import { removeWorkspace } from '../../../e2e/cluster/sweep.ts';
import { until } from '../../../e2e/cluster/until.ts';
import { createWorkspace, type Workspace } from '../../../e2e/cluster/workspace.ts';

const READY_MS = 90_000;

/** etcd and an API server, both of which a test can also mistreat. */
export class ControlPlane {
  readonly kubectl: readonly string[];
  readonly access: Access;
  readonly url: URL;
  readonly #programs: string;
  readonly #workspace: Workspace;
  readonly #group: ProcessGroup;
  readonly #place: Place;
  #server: Running;

  private constructor(programs: string, workspace: Workspace, group: ProcessGroup, plane: Started) {
    this.#programs = programs;
    this.#workspace = workspace;
    this.#group = group;
    this.#place = plane.place;
    this.#server = plane.server;
    this.access = plane.access;
    this.url = new URL(`https://${plane.place.address}:${plane.place.apiPort}`);
    this.kubectl = [join(programs, 'kubectl'), '--cache-dir', workspace.path('kubectl')];
  }

  static async start(): Promise<ControlPlane> {
    const programs = await kubernetesPrograms();
    const workspace = createWorkspace();
    const group = processGroup(workspace, TIED_TO_US);
    try {
      return new ControlPlane(programs, workspace, group, await startIn(programs, workspace, group));
    } catch (error) {
      await group.stop();
      await removeWorkspace(workspace.directory);
      throw error;
    }
  }

  /** Path of an admin's kubeconfig. */
  get kubeconfig(): string {
    return this.access.credentials.kubeconfigs.admin;
  }

  /** Lets etcd forget all versions but the last, as it does every five minutes by itself. */
  async compact(): Promise<void> {
    const etcdUrl = `http://127.0.0.1:${this.#place.etcdPort}/v3/kv`;
    const range = await post(`${etcdUrl}/range`, { key: Buffer.from('x').toString('base64') });
    const { revision } = (range as { header: { revision: string } }).header;
    await post(`${etcdUrl}/compaction`, { revision, physical: true });
  }

  /** Kills the API server and starts another: it remembers nothing but what etcd holds. */
  async restart(): Promise<void> {
    this.#server.signal('SIGKILL');
    await until(
      { what: 'the API server is gone', timeoutMs: 10_000 },
      () => this.#server.over() !== undefined,
    );
    this.#server = this.#group.start(apiServer(this.#programs, this.#place, this.access));
    await this.#server.whenReady(READY_MS);
  }

  async stop(): Promise<void> {
    await this.access.client.close();
    await this.#group.stop();
    await removeWorkspace(this.#workspace.directory);
  }
}

interface Started {
  readonly access: Access;
  readonly place: Place;
  readonly server: Running;
}

async function startIn(programs: string, workspace: Workspace, group: ProcessGroup): Promise<Started> {
  const place = await placeOnLoopback();
  group.start(etcd(programs, workspace, place));
  const certificates = await createCertificates(workspace, apiServerNames(place));
  const url = `https://${place.address}:${place.apiPort}`;
  const credentials = await createCredentials(workspace, certificates, url, 'none');
  const client = apiClient(url, certificates.authority.cert, credentials.tokens.admin);
  const access = { certificates, credentials, client };
  const server = group.start(apiServer(programs, place, access));
  await server.whenReady(READY_MS);
  return { access, place, server };
}

async function post(url: string, document: object): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(document) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}
