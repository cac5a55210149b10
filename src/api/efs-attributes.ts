import { isIP } from 'node:net';
import type { CelRule } from './fields.ts';
import { IP_ADDRESS } from './grammar.ts';

const BOOLEAN = 'true|false|True|False|TRUE|FALSE';

const MOUNT_TARGET = 'mounttargetip';

/**
 * What the EFS CSI driver takes as attributes of a volume that was not made by it; of anything else it says
 * InvalidArgument when it mounts (https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/pkg/driver/node.go).
 */
const VALUES: Readonly<Record<string, string>> = {
  encryptInTransit: BOOLEAN,
  [MOUNT_TARGET]: IP_ADDRESS.pattern,
  crossaccount: BOOLEAN,
};

export const EFS_ATTRIBUTES = Object.keys(VALUES);

export const ATTRIBUTES_EXPECTED = `expected no other attributes than encryptInTransit and crossaccount ("true" or "false") and mounttargetip (an IP address)`;

/** The driver reads names in any case. */
const PATTERNS = Object.entries(VALUES).map(([name, values]): [string, string] => [
  name.toLowerCase(),
  values,
]);

export const ATTRIBUTES_RULE: CelRule = {
  rule: `self.all(name, ${PATTERNS.map(([name, values]) => `(name.matches('(?i)^${name}$') && self[name].matches(r'^(${values})$'))`).join(' || ')})`,
  message: ATTRIBUTES_EXPECTED,
};

export function isAttribute(name: string, value: string): boolean {
  const lower = name.toLowerCase();
  const known = PATTERNS.find(([each]) => each === lower);
  if (known === undefined || !new RegExp(`^(?:${known[1]})$`).test(value)) return false;
  // The pattern does not count the groups of an IPv6 address that leaves some out.
  return lower !== MOUNT_TARGET || isIP(value) !== 0;
}
