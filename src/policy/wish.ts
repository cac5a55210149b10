import type { StoragePolicySpec } from '../api/storagepolicy.ts';

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
  /** The administrator's directory that the storage lies in; undefined where the policy does not allow it. */
  prefixIn(policy: StoragePolicySpec): string | undefined;
}

/** What no policy could allow, and what to change. */
export interface Impossible {
  readonly impossible: string;
  readonly hint: string;
}
