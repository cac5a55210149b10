import type { StoragePolicyObject } from '../api/resources.ts';
import { decide } from '../policy/decide.ts';
import type { Verdict } from '../policy/request.ts';
import type { Observed } from './observed.ts';
import type { Settings } from './settings.ts';
import { builderOf } from './stage.ts';

/** No policy was asked. */
const EVERYTHING: Verdict = {
  ...{ allowed: true, policy: undefined, prefix: undefined, mountOptions: [] },
  limits: { bytes: undefined, seconds: undefined },
};

/** Whether a version may be built, by the policies of the cluster, or because everything is allowed. */
export function verdictFor(
  { version, namespace, node }: Observed,
  policies: readonly StoragePolicyObject[],
  settings: Settings,
): Verdict {
  if (settings.policy.allowAll) return EVERYTHING;
  const { namespace: name = '' } = version.metadata;
  return decide(policies, {
    namespace: { name, labels: namespace?.metadata.labels ?? {} },
    spec: version.spec,
    builder: builderOf(version, settings.builder.use),
    node:
      node === undefined || node === 'missing'
        ? undefined
        : { name: node.metadata.name, labels: node.metadata.labels ?? {} },
  });
}
