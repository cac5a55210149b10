import { findTool } from '../../test/support/tools.ts';
import type { Programs } from './build.ts';
import type { Cluster } from './cluster.ts';
import { EFS_DRIVER, efsUnmet, nfsUnmet } from './requirements.ts';

/** The kinds of volumes that a node of this machine can have beside local ones, and why not the others. */
export function volumesOf({ csiRegistrar, mountNfs }: Programs): Pick<Cluster, 'nfs' | 'efs' | 'lacking'> {
  const unmet = { nfs: nfsUnmet(), efs: efsUnmet() };
  const lacking = Object.entries(unmet).filter((each): each is [string, string] => each[1] !== undefined);
  const driver = findTool(EFS_DRIVER);
  return {
    ...(unmet.nfs === undefined ? { nfs: true } : {}),
    ...(unmet.efs === undefined && driver !== undefined ? { efs: { driver, csiRegistrar, mountNfs } } : {}),
    lacking: Object.fromEntries(lacking),
  };
}
