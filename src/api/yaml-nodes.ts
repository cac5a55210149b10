import { isAlias, isMap, isNode, isScalar, isSeq, type Document, type Pair, type YAMLMap } from 'yaml';
import type { Path } from './path.ts';
import type { Budget } from './yaml-limits.ts';

interface Found {
  readonly offset: number;
  /** Offset of the key; of the value itself where it stands in a list. */
  readonly key: number;
  /** A plain value as it was written: `1.0` is the number 1 once it is read. */
  readonly source?: string | undefined;
}

/** The nodes of a document: turns them into values, reports what is wrong with one, and says where each stands. */
export class Nodes {
  readonly #document: Document;
  readonly #budget: Budget;
  readonly #report: (offset: number, text: string) => void;
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>();

  constructor(document: Document, budget: Budget, report: (offset: number, text: string) => void) {
    this.#document = document;
    this.#budget = budget;
    this.#report = report;
  }

  /** @throws DeclarationInvalid where a limit is exceeded */
  read(node: unknown, depth = 0): unknown {
    this.#budget.allowDepth(depth);
    this.#budget.spend('values');
    if (isAlias(node)) return this.read(this.#target(node), depth + 1);
    if (isMap(node)) return this.#mapping(node, depth);
    if (isSeq(node)) return node.items.map((item) => this.read(item, depth + 1));
    return isScalar(node) ? node.value : undefined;
  }

  #target(alias: { source: string; resolve: (document: Document) => unknown }): unknown {
    this.#budget.spend('aliases');
    const target = alias.resolve(this.#document);
    if (target === undefined)
      this.#report(startOf(alias) ?? 0, `the alias *${alias.source} has no anchor before it`);
    return target;
  }

  #mapping(node: YAMLMap, depth: number): Record<string, unknown> {
    const pairs = new Map<string, Pair>();
    for (const pair of node.items) {
      const key = keyText(pair.key);
      if (pairs.has(key))
        this.#report(startOf(pair.key) ?? 0, `the key ${JSON.stringify(key)} stands here twice`);
      pairs.set(key, pair);
    }
    this.#pairs.set(node, pairs);
    const entries = [...pairs].map(([key, { value }]) => [key, this.read(value, depth + 1)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== null));
  }

  /**
   * The node on a path, or the nearest around it. An error in a mapping or a list is best shown at its key; one in a
   * plain value at the value.
   */
  find(path: Path): Found {
    let node: unknown = this.#document.contents;
    let key = startOf(node) ?? 0;
    let offset = key;
    for (const step of path) {
      const pair = this.#step(node, step);
      if (pair === undefined) return { offset, key };
      node = pair.value;
      key = startOf(pair.key ?? node) ?? offset;
      offset = hasText(node) ? (startOf(node) ?? key) : key;
    }
    return { offset, key, source: isScalar(node) ? node.source : undefined };
  }

  #step(node: unknown, step: PropertyKey): { readonly key?: unknown; readonly value: unknown } | undefined {
    if (isMap(node)) return this.#pairs.get(node)?.get(String(step));
    return isSeq(node) ? { value: node.items[Number(step)] } : undefined;
  }
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function hasText(node: unknown): boolean {
  return isScalar(node) && node.value !== null;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
