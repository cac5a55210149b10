import { exportOf } from '../../api/server.ts';
import type { PolicyDecision } from '../../cluster/policy-decision.ts';
import { visible } from '../../telemetry/text.ts';
import { fields, type Field } from '../sections.ts';
import { formatBytes, formatDuration } from '../terminal/format.ts';

/** A decision for people. The policy of a refusal stands at the beginning of lines, so that it can be copied. */
export function decisionText(decision: PolicyDecision): string {
  const { namespace, name } = decision.modelVersion;
  const subject = `modelversion/${name} in namespace ${namespace}`;
  if (!decision.allowed) {
    const { code, message, hint } = decision.error;
    const lines = [message, ...(hint ?? '').split('\n')].map(visible).filter((line) => line !== '');
    return [`${subject} is refused: ${code}`, ...lines].join('\n');
  }
  const facts: Field[] = [
    ['Mounted', mountedText(decision)],
    ['Mount options', decision.mountOptions.join(',')],
    ['Model size', atMost(decision.limits.bytes, formatBytes)],
    ['Build time', atMost(decision.limits.seconds, formatDuration)],
  ];
  const allowed = `${subject} is allowed by StoragePolicy ${visible(decision.policy ?? '')}`;
  return [allowed, fields(facts).replaceAll(/^/gm, '  ')].join('\n');
}

function atMost(limit: number | undefined, format: (limit: number) => string): string {
  return limit === undefined ? 'no limit in policies' : `at most ${format(limit)}`;
}

interface Sources {
  readonly local?: { readonly path: string };
  readonly nfs?: { readonly server: string; readonly path: string };
  readonly csi?: { readonly volumeHandle: string };
}

/** What pods of the namespace can mount while a build runs. */
function mountedText({ volume, claimName, nodeName }: Extract<PolicyDecision, { allowed: true }>): string {
  const { local, nfs, csi }: Sources = volume ?? {};
  if (local !== undefined) return `${local.path} of node ${nodeName ?? ''}`;
  if (nfs !== undefined) return exportOf(nfs);
  return csi?.volumeHandle ?? `the PersistentVolumeClaim ${claimName ?? ''}`;
}
