import type { ModelVersionObject } from '../api/resources.ts';
import type { Pod } from '../kube/core.ts';
import { sayingsOf, storageInCluster } from '../storage/kinds.ts';
import { driverLooks, lookClaim } from './look-reach.ts';
import { lookLog, lookProgress } from './look-log.ts';
import { lookLive, lookModel, lookTrouble, nodeLooks, type Reader } from './look.ts';
import { namesOf } from './names.ts';
import type { Look, Observed } from './observed.ts';
import type { ReconcileTools } from './tools.ts';
import { waiterOf } from './waiter.ts';

type StorageLook = 'node' | 'driver' | 'claim';
type PodLook = 'trouble' | 'progress' | 'log';

/** Finds out what a decision asks for. */
export class Looks {
  readonly #api: Reader;
  readonly #tools: ReconcileTools;
  readonly #nodes: ReturnType<typeof nodeLooks>;
  readonly #drivers: ReturnType<typeof driverLooks>;

  constructor(api: Reader, tools: ReconcileTools) {
    this.#api = api;
    this.#tools = tools;
    this.#nodes = nodeLooks(api);
    this.#drivers = driverLooks(api);
  }

  async look(look: Look, seen: Observed): Promise<Partial<Observed>> {
    const { version } = seen;
    switch (look) {
      case 'live':
        return { owned: await lookLive(this.#api, version), live: true };
      case 'model':
        return { model: await lookModel(this.#api, version), modelIsLive: true };
      case 'verdict':
        return { verdict: this.#tools.verdict(seen) };
      case 'turn':
        return { turn: this.#tools.turns.ask(waiterOf(version)) };
      case 'node':
      case 'driver':
      case 'claim':
        return this.#atStorage(version, look);
      case 'trouble':
      case 'progress':
      case 'log':
        return this.#atPod(version, podOf(seen), look);
    }
  }

  /** What the declared storage needs of the cluster. */
  async #atStorage({ metadata, spec }: ModelVersionObject, look: StorageLook): Promise<Partial<Observed>> {
    const storage = storageInCluster(spec.storage);
    if (storage.by === 'claim')
      return { claim: await lookClaim(this.#api, metadata.namespace ?? '', storage.claimName) };
    return look === 'node'
      ? { node: await this.#nodes.look(storage.nodeName() ?? '') }
      : { driver: await this.#drivers.look(storage.driver ?? '') };
  }

  async #atPod(version: ModelVersionObject, pod: Pod | undefined, look: PodLook): Promise<Partial<Observed>> {
    if (pod === undefined) return look === 'log' ? { log: '' } : { [look]: null };
    if (look === 'log') return { log: await lookLog(this.#api, pod) };
    const { metadata, spec } = version;
    if (look === 'trouble') return { trouble: await lookTrouble(this.#api, pod, sayingsOf(spec.storage)) };
    const due = this.#tools.progressDue(metadata.uid);
    return due ? lookProgress(this.#api, this.#tools.buildOf(version), pod) : { progress: null };
  }
}

function podOf({ version, owned }: Observed): Pod | undefined {
  const { pod } = namesOf(version, version.status?.attempts ?? 1);
  return owned.pods.find(({ metadata }) => metadata.name === pod);
}
