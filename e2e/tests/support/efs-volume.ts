import type { Cluster } from '../../cluster/cluster.ts';
import { EFS } from '../../cluster/efs-objects.ts';
import { bindVolume } from './nfs-volume.ts';

/** A volume of an EFS file system, read only, bound to a claim. @returns the claim's name */
export function bindEfsVolume(
  cluster: Cluster,
  namespace: string,
  csi: { readonly volumeHandle: string; readonly volumeAttributes?: Readonly<Record<string, string>> },
  mountOptions: readonly string[] = [],
): Promise<string> {
  return bindVolume(cluster, namespace, { csi: { driver: EFS, readOnly: true, ...csi }, mountOptions });
}
