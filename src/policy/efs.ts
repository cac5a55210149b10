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
  /** Whether all that is read can be read, and changed, on its way. */
  readonly isUnencrypted: boolean;
}

/** The wish to read a directory of an EFS file system. */
export function efsWish({ volumeHandle, attributes = {} }: Efs): StorageWish | Impossible {
  const handle = parseEfsHandle(volumeHandle);
  const unknown = Object.entries(attributes).find(([name, value]) => !isAttribute(name, value));
  if (unknown !== undefined) return unclearAttribute(...unknown);
  const mountTargets: string[] = [];
  for (const address of valuesOf('mounttargetip', attributes)) {
    const canonical = canonicalServer(address);
    if (canonical === undefined) return unclearAttribute('mounttargetip', address);
    mountTargets.push(canonical);
  }
  const isUnencrypted = valuesOf('encryptintransit', attributes).some(
    (value) => value.toLowerCase() === 'false',
  );
  return wish({ ...handle, mountTargets, isUnencrypted });
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

/**
 * The driver reads names of attributes in any case, so there may be several.
 * @param name in lower case
 */
function valuesOf(name: string, attributes: Readonly<Record<string, string>>): string[] {
  return Object.entries(attributes)
    .filter(([each]) => each.toLowerCase() === name)
    .map(([, value]) => value);
}

function isFor(rule: Rule, place: Place): boolean {
  return rule.fileSystemIds.includes(place.fileSystemId) && isAt(rule, place) && isAsSafe(rule, place);
}

function isAt({ mountTargetIps = [] }: Rule, { mountTargets }: Place): boolean {
  const allowed = mountTargetIps.map(canonicalServer);
  return mountTargets.every((each) => allowed.includes(each));
}

function isAsSafe({ allowUnencrypted = false }: Rule, { isUnencrypted }: Place): boolean {
  return allowUnencrypted || !isUnencrypted;
}

/**
 * Directories that a rule allows for a file system that it is for. An access point may have any directory of the file
 * system as its root and read it as any user, root too: a rule allows none that it does not name.
 */
function prefixesOf({ accessPointIds, pathPrefixes = ['/'] }: Rule, { accessPointId }: Place): string[] {
  const isTheWay =
    accessPointId === undefined ? accessPointIds === undefined : accessPointIds?.includes(accessPointId);
  return isTheWay === true ? pathPrefixes : [];
}

function smallest({ fileSystemId, accessPointId, path, mountTargets, isUnencrypted }: Place): Rule {
  return {
    fileSystemIds: [fileSystemId],
    ...(accessPointId !== undefined && { accessPointIds: [accessPointId] }),
    pathPrefixes: [path],
    ...(mountTargets.length > 0 && { mountTargetIps: [...new Set(mountTargets)] }),
    ...(isUnencrypted && { allowUnencrypted: true }),
  };
}

function wordsOf({ fileSystemId, accessPointId, path, mountTargets, isUnencrypted }: Place): string {
  const through = accessPointId === undefined ? '' : ` through access point ${shown(accessPointId)}`;
  const at = mountTargets.length === 0 ? '' : ` at mount target ${mountTargets.map(shown).join(' and ')}`;
  const how = isUnencrypted ? ' without encryption' : '';
  return `read ${shown(path)} on EFS file system ${shown(fileSystemId)}${through}${at}${how}`;
}

function instead({ AWSEfs = [] }: StoragePolicySpec, place: Place): string {
  const ofSystem = AWSEfs.filter(({ fileSystemIds }) => fileSystemIds.includes(place.fileSystemId));
  if (ofSystem.length === 0) return 'nothing on that file system';
  const atTarget = ofSystem.filter((rule) => isAt(rule, place));
  if (atTarget.length === 0) return 'not that mount target';
  const asSafe = atTarget.filter((rule) => isAsSafe(rule, place));
  if (asSafe.length === 0) return 'only with encryption';
  const way = place.accessPointId === undefined ? 'without an access point' : 'through that access point';
  return `${only(asSafe.flatMap((rule) => prefixesOf(rule, place)))} ${way}`;
}

function unclearAttribute(name: string, value: string): Impossible {
  return {
    impossible: `no StoragePolicy can allow the attribute ${shown(name)} with the value ${shown(value)}`,
    hint: 'Attributes are encryptInTransit, crossaccount, and mounttargetip: an IPv4 address as four decimal numbers without leading zeros, or an IPv6 address.',
  };
}
