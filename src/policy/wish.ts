import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import type { Grant } from './grant.ts';

/** One thing that a ModelVersion asks for and a policy may allow. */
export interface Wish {
  /** Reads on from "may": `read "/data/bert" on node "worker-7"`. */
  readonly words: string;
  /** The rules that allow this and as little else as rules can say. */
  readonly rules: Partial<StoragePolicySpec>;
  isAllowedBy(policy: StoragePolicySpec): boolean;
  /** What a policy that does not allow it has instead. Reads on from "it allows": `only "/data/models" on that node`. */
  insteadIn(policy: StoragePolicySpec): string;
}

/** The wish to read a storage. */
export interface StorageWish extends Wish {
  /** What the nearest rule gives; undefined where the policy does not allow it. */
  grantIn(policy: StoragePolicySpec): Grant | undefined;
}

/** What no policy could allow, and what to change. */
export interface Impossible {
  readonly impossible: string;
  readonly hint: string;
}

/** A wish that is allowed where a rule gives something. */
export function storageWish(parts: Omit<StorageWish, 'isAllowedBy'>): StorageWish {
  return { ...parts, isAllowedBy: (policy) => parts.grantIn(policy) !== undefined };
}
