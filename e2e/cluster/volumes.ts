import { findTool } from '../../test/support/tools.ts';
import type { Programs } from './build.ts';
import type { Cluster } from './cluster.ts';
import { EFS_DRIVER, efsUnmet, KANIKO, kanikoUnmet, nfsUnmet } from './requirements.ts';

/**
 * What a node of this machine can have beside local volumes and our own builder, and why not the rest: other kinds of
 * volumes, Kaniko.
 */
export function volumesOf({
  csiRegistrar,
  mountNfs,
}: Programs): Pick<Cluster, 'nfs' | 'efs' | 'kaniko' | 'lacking'> {
  const unmet = { nfs: nfsUnmet(), efs: efsUnmet(), kaniko: kanikoUnmet() };
  const lacking = Object.entries(unmet).filter((each): each is [string, string] => each[1] !== undefined);
  const [driver, kaniko] = [findTool(EFS_DRIVER), findTool(KANIKO)];
  return {
    ...(unmet.nfs === undefined ? { nfs: true } : {}),
    ...(unmet.efs === undefined && driver !== undefined ? { efs: { driver, csiRegistrar, mountNfs } } : {}),
    ...(kaniko === undefined ? {} : { kaniko }),
    lacking: Object.fromEntries(lacking),
  };
}
