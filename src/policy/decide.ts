import { normalStorage } from '../api/normal-storage.ts';
import { StoragePolicySpec } from '../api/storagepolicy.ts';
import { builderWish } from './builder.ts';
import { claimWish } from './claim.ts';
import { efsWish } from './efs.ts';
import { nearest } from './grant.ts';
import { identityWish } from './identity.ts';
import { selects } from './label-selector.ts';
import { limitsOf } from './limits.ts';
import { localStorageWish } from './local-storage.ts';
import { nfsWish } from './nfs.ts';
import { refuse, type Policy } from './refusal.ts';
import type { PolicyRequest, Verdict } from './request.ts';
import { targetWish } from './target.ts';
import { unclearIn } from './unclear.ts';
import type { Impossible, StorageWish, Wish } from './wish.ts';
import { shown } from './words.ts';

/** A StoragePolicy as the API server has it. One that an older CRD let in may hold anything. */
interface StoredPolicy {
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
}

/**
 * Whether a ModelVersion may be built. Nothing is allowed but by a policy: one of those whose selector the namespace has
 * must allow the storage, the target, as whom it is read and by what it is built. Of several that do it is the one whose directory is
 * nearest to the model, and the first by name of those.
 * @param policies all there are; one that is not valid allows nothing
 */
export function decide(policies: readonly StoredPolicy[], request: PolicyRequest): Verdict {
  const storage = storageWish(request);
  if ('impossible' in storage) return impossible(storage);
  const target = targetWish(request.spec.imageRepo);
  if ('impossible' in target) return impossible(target);
  const identity = identityWish(request.spec.securityContext);
  const others = [identity, builderWish(request.builder)].filter((wish) => wish !== undefined);
  const wishes = [storage, target, ...others];

  const { valid, invalid } = read(policies);
  const ours = valid.filter(({ spec }) => selects(spec.namespaceSelector, request.namespace.labels));
  const taken = policies.map(({ metadata }) => metadata.name);
  return grant(ours, storage, wishes) ?? refuse(request.namespace.name, wishes, { ours, invalid, taken });
}

/** A kind of storage is one file here and one line. */
function storageWish({ spec: { storage }, node }: PolicyRequest): StorageWish | Impossible {
  const kinds = Object.keys(storage);
  if (kinds.length !== 1) return noRules(kinds);
  const unclear = unclearIn(storage);
  if (unclear !== undefined) return unclear;
  const { localStorage, nfs, AWSEfs, persistentVolumeClaim } = normalStorage(storage);
  if (localStorage !== undefined) return localStorageWish(localStorage, node);
  if (nfs !== undefined) return nfsWish(nfs);
  if (AWSEfs !== undefined) return efsWish(AWSEfs);
  if (persistentVolumeClaim !== undefined) return claimWish(persistentVolumeClaim);
  return noRules(kinds);
}

function noRules(kinds: readonly string[]): Impossible {
  const named = kinds.length === 0 ? 'none' : kinds.map(shown).join(', ');
  return {
    impossible: `no StoragePolicy can allow the storage ${named}: there are no rules for it`,
    hint: 'There are rules for localStorage, nfs, AWSEfs and persistentVolumeClaim: declare one of them.',
  };
}

function impossible({ impossible, hint }: Impossible): Verdict {
  return { allowed: false, message: impossible, hint };
}

function read(policies: readonly StoredPolicy[]): { valid: Policy[]; invalid: string[] } {
  const valid: Policy[] = [];
  const invalid: string[] = [];
  for (const policy of policies) {
    const { name } = policy.metadata;
    const spec = specOf(policy);
    if (spec === undefined) invalid.push(name);
    else valid.push({ name, spec });
  }
  return { valid: valid.sort((a, b) => (a.name < b.name ? -1 : 1)), invalid: invalid.sort() };
}

/** Decisions are many and policies few: each object that the API server gave is checked once. */
const CHECKED = new WeakMap<object, StoragePolicySpec | undefined>();

function specOf(policy: { readonly spec?: unknown }): StoragePolicySpec | undefined {
  if (!CHECKED.has(policy)) CHECKED.set(policy, StoragePolicySpec.safeParse(policy.spec).data);
  return CHECKED.get(policy);
}

/** @param policies by name */
function grant(
  policies: readonly Policy[],
  storage: StorageWish,
  wishes: readonly Wish[],
): Verdict | undefined {
  const granting = policies.filter(({ spec }) => wishes.every((wish) => wish.isAllowedBy(spec)));
  const grants = granting.map(({ spec }) => storage.grantIn(spec));
  const grant = nearest(grants.filter((each) => each !== undefined));
  const policy = granting[grants.indexOf(grant)];
  if (grant === undefined || policy === undefined) return undefined;
  const limits = limitsOf(granting.map(({ spec }) => spec));
  return { allowed: true, policy: policy.name, ...grant, limits };
}
