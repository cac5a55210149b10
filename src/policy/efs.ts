import { isAttribute } from '../api/efs-attributes.ts';
import { parseEfsHandle, type EfsHandle } from '../api/efs-handle.ts';
import type { ModelVersionSpec } from '../api/modelversion.ts';
import { canonicalServer } from '../api/server.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import { grantsOf, nearestGrant } from './grant.ts';
import { storageWish, type Impossible, type StorageWish } from './wish.ts';
import { only, shown } from './words.ts';

type Efs = NonNullable<ModelVersionSpec['storage']['AWSEfs']>;
type Rule = NonNullable<StoragePolicySpec['AWSEfs']>[number];

/** What is asked for. */
interface Place extends EfsHandle {
  /**
   * In canonical form. Whatever answers at these addresses is mounted for the file system, unencrypted where the
   * version asks for that: they are as much as an NFS server.
   */
  readonly mountTargets: readonly string[];
}

/** The wish to read a directory of an EFS file system. */
export function efsWish({ volumeHandle, attributes = {} }: Efs): StorageWish | Impossible {
  const handle = parseEfsHandle(volumeHandle);
  const unknown = Object.entries(attributes).find(([name, value]) => !isAttribute(name, value));
  if (unknown !== undefined) return unclearAttribute(...unknown);
  const mountTargets: string[] = [];
  for (const address of mountTargetsIn(attributes)) {
    const canonical = canonicalServer(address);
    if (canonical === undefined) return unclearAttribute('mounttargetip', address);
    mountTargets.push(canonical);
  }
  return wish({ ...handle, mountTargets });
}

function wish(place: Place): StorageWish {
  return storageWish({
    words: wordsOf(place),
    rules: { AWSEfs: [smallest(place)] },
    grantIn({ AWSEfs = [] }) {
      const rules = AWSEfs.filter((rule) => isFor(rule, place));
      return nearestGrant(place.path, grantsOf(rules.flatMap((rule) => prefixesOf(rule, place))));
    },
    insteadIn: (policy) => instead(policy, place),
  });
}

/** The driver reads names of attributes in any case, so there may be several. */
function mountTargetsIn(attributes: Readonly<Record<string, string>>): string[] {
  return Object.entries(attributes)
    .filter(([name]) => name.toLowerCase() === 'mounttargetip')
    .map(([, address]) => address);
}

function isFor(rule: Rule, { fileSystemId, mountTargets }: Place): boolean {
  const allowed = rule.mountTargetIps?.map(canonicalServer) ?? [];
  return rule.fileSystemIds.includes(fileSystemId) && mountTargets.every((each) => allowed.includes(each));
}

/**
 * Directories that a rule allows for a file system that it is for. The root of an access point may be any directory of
 * the file system: where the rule names no access points, only what allows all of it allows that.
 */
function prefixesOf({ accessPointIds, pathPrefixes = ['/'] }: Rule, { accessPointId }: Place): string[] {
  if (accessPointIds === undefined)
    return accessPointId === undefined ? pathPrefixes : pathPrefixes.filter((prefix) => prefix === '/');
  return accessPointId !== undefined && accessPointIds.includes(accessPointId) ? pathPrefixes : [];
}

function smallest({ fileSystemId, accessPointId, path, mountTargets }: Place): Rule {
  return {
    fileSystemIds: [fileSystemId],
    ...(accessPointId !== undefined && { accessPointIds: [accessPointId] }),
    pathPrefixes: [path],
    ...(mountTargets.length > 0 && { mountTargetIps: [...new Set(mountTargets)] }),
  };
}

function wordsOf({ fileSystemId, accessPointId, path, mountTargets }: Place): string {
  const through = accessPointId === undefined ? '' : ` through access point ${shown(accessPointId)}`;
  const at = mountTargets.length === 0 ? '' : ` at mount target ${mountTargets.map(shown).join(' and ')}`;
  return `read ${shown(path)} on EFS file system ${shown(fileSystemId)}${through}${at}`;
}

function instead({ AWSEfs = [] }: StoragePolicySpec, place: Place): string {
  const ofSystem = AWSEfs.filter((rule) => isFor(rule, { ...place, mountTargets: [] }));
  if (ofSystem.length === 0) return 'nothing on that file system';
  const atTarget = ofSystem.filter((rule) => isFor(rule, place));
  if (atTarget.length === 0) return 'not that mount target';
  const way = place.accessPointId === undefined ? 'without an access point' : 'through that access point';
  return `${only(atTarget.flatMap((rule) => prefixesOf(rule, place)))} ${way}`;
}

function unclearAttribute(name: string, value: string): Impossible {
  return {
    impossible: `no StoragePolicy can allow the attribute ${shown(name)} with the value ${shown(value)}`,
    hint: 'Attributes are encryptInTransit, crossaccount, and mounttargetip: an IPv4 address as four decimal numbers without leading zeros, or an IPv6 address.',
  };
}
