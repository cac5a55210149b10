import { Recent } from '../kube/recent.ts';

interface Memory<T> {
  /** How long something that was seen is taken for what is there. */
  readonly milliseconds: number;
  /** How many names are remembered. */
  readonly max: number;
  /** Whether something that was seen may be taken for what is there at all. Default: all. */
  readonly holds?: (seen: T) => boolean;
}

/** Looks at things by their names, and remembers for a moment what it saw. What could not be seen is looked at again. */
export class RecentLooks<T> {
  readonly #see: (name: string) => Promise<T>;
  readonly #memory: Memory<T>;
  readonly #seen: Recent<{ readonly at: number; readonly look: Promise<T> }>;

  constructor(see: (name: string) => Promise<T>, memory: Memory<T>) {
    this.#see = see;
    this.#memory = memory;
    this.#seen = new Recent(memory.max);
  }

  look(name: string): Promise<T> {
    const { milliseconds, holds = () => true } = this.#memory;
    const now = performance.now();
    const before = this.#seen.get(name);
    if (before !== undefined && now - before.at < milliseconds) return before.look;
    const look = this.#see(name);
    this.#seen.set(name, { at: now, look });
    look.then(
      (seen) => holds(seen) || this.#seen.delete(name),
      () => this.#seen.delete(name),
    );
    return look;
  }
}
