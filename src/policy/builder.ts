import { DEFAULT_BUILDER, type BuilderName } from '../api/builder-name.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import type { Wish } from './wish.ts';

/** The wish to be built by another builder than everybody may use; undefined where there is none. */
export function builderWish(builder: BuilderName): Wish | undefined {
  if (builder === DEFAULT_BUILDER) return undefined;
  return {
    words: `build with ${builder}, which reads as root`,
    rules: { builders: [builder] },
    isAllowedBy: (policy) => buildersOf(policy).includes(builder),
    insteadIn: (policy) => `only the builder ${buildersOf(policy).join(' and ')}`,
  };
}

function buildersOf({ builders = [DEFAULT_BUILDER] }: StoragePolicySpec): readonly BuilderName[] {
  return builders;
}
