/**
 * Which builds may run: at most so many at once, of all and of a namespace; namespaces take turns, and within one who
 * has waited longest comes first. Kept in memory: after a start it is filled from the objects' status, before anything is decided.
 */
export interface TurnLimits {
  readonly running: number;
  readonly runningPerNamespace?: number | undefined;
}

/** A build that runs or wants to. */
export interface Waiter {
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  /** By which they are ordered, smallest first: the time of their creation. */
  readonly since: string;
}

export type Turn = { readonly granted: true } | { readonly granted: false; readonly position: number };

export class Turns {
  readonly #limits: TurnLimits;
  readonly #wake: (key: string) => void;
  readonly #running = new Map<string, string>();
  readonly #waiting: Waiter[] = [];

  /** @param wake called with the key of a build that may have its turn now. */
  constructor(limits: TurnLimits, wake: (key: string) => void) {
    this.#limits = limits;
    this.#wake = wake;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** It runs already: it did so before this process began. */
  hold({ uid, namespace }: Waiter): void {
    this.#running.set(uid, namespace);
  }

  /** Asks for a turn. Whoever gets one gives it back with leave(). */
  ask(waiter: Waiter): Turn {
    if (this.#running.has(waiter.uid)) return { granted: true };
    const position = this.#enter(waiter);
    if (!this.#next().some(({ uid }) => uid === waiter.uid)) return { granted: false, position };
    this.#waiting.splice(this.#find(waiter), 1);
    this.#running.set(waiter.uid, waiter.namespace);
    return { granted: true };
  }

  /** It neither runs nor waits any more. */
  leave(uid: string): void {
    const ran = this.#running.delete(uid);
    const at = this.#waiting.findIndex((each) => each.uid === uid);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (ran || at >= 0) for (const { key } of this.#next()) this.#wake(key);
  }

  /** Those who wait, in order. */
  list(): readonly Waiter[] {
    return this.#waiting;
  }

  /**
   * Those that would run now: of the namespace that has fewest running, who has waited longest. So no namespace waits
   * for another to have had all its builds.
   */
  #next(): Waiter[] {
    const { running, runningPerNamespace = running } = this.#limits;
    const inNamespace = new Map<string, number>();
    for (const namespace of this.#running.values())
      inNamespace.set(namespace, (inNamespace.get(namespace) ?? 0) + 1);
    const next = new Set<Waiter>();
    const countOf = ({ namespace }: Waiter): number => inNamespace.get(namespace) ?? 0;
    while (this.#running.size + next.size < running) {
      let chosen: Waiter | undefined;
      for (const waiter of this.#waiting) {
        if (next.has(waiter) || countOf(waiter) >= runningPerNamespace) continue;
        if (chosen === undefined || countOf(waiter) < countOf(chosen)) chosen = waiter;
      }
      if (chosen === undefined) break;
      inNamespace.set(chosen.namespace, countOf(chosen) + 1);
      next.add(chosen);
    }
    return [...next];
  }

  /** @returns how many come before it. */
  #enter(waiter: Waiter): number {
    const at = this.#find(waiter);
    if (this.#waiting[at]?.uid !== waiter.uid) this.#waiting.splice(at, 0, waiter);
    return at;
  }

  /** Where it stands, or belongs: the list is kept in order. */
  #find(waiter: Waiter): number {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#waiting[middle];
      if (other !== undefined && comesBefore(other, waiter)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function comesBefore(a: Waiter, b: Waiter): boolean {
  if (a.since !== b.since) return a.since < b.since;
  return a.key === b.key ? a.uid < b.uid : a.key < b.key;
}
