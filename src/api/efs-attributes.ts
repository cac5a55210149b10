import type { CelRule } from './fields.ts';

/**
 * What the EFS CSI driver takes as attributes of a volume that was not made by it; of anything else it says
 * InvalidArgument when it mounts (https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/pkg/driver/node.go).
 */
const VALUES: Readonly<Record<string, string>> = {
  encryptInTransit: 'true|false|True|False|TRUE|FALSE',
  mounttargetip: '[0-9a-fA-F.:]{2,45}',
  crossaccount: 'true|false|True|False|TRUE|FALSE',
};

export const EFS_ATTRIBUTES = Object.keys(VALUES);

export const ATTRIBUTES_EXPECTED = `expected no other attributes than encryptInTransit and crossaccount ("true" or "false") and mounttargetip (an IP address)`;

/** The driver reads names in any case. */
const PATTERNS = Object.entries(VALUES).map(([name, values]): [string, string] => [
  name.toLowerCase(),
  values,
]);

export const ATTRIBUTES_RULE: CelRule = {
  rule: `self.all(name, ${PATTERNS.map(([name, values]) => `(name.matches('(?i)^${name}$') && self[name].matches('^(${values})$'))`).join(' || ')})`,
  message: ATTRIBUTES_EXPECTED,
};

export function isAttribute(name: string, value: string): boolean {
  return PATTERNS.some(
    ([known, values]) => known === name.toLowerCase() && new RegExp(`^(?:${values})$`).test(value),
  );
}
