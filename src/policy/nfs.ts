import { SERVER } from '../api/grammar.ts';
import type { ModelVersionSpec } from '../api/modelversion.ts';
import { canonicalServer } from '../api/server.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import { fits } from '../api/fits.ts';
import { grantsOf, nearestGrant } from './grant.ts';
import { storageWish, type Impossible, type StorageWish } from './wish.ts';
import { only, shown } from './words.ts';

type Nfs = NonNullable<ModelVersionSpec['storage']['nfs']>;
type Rule = NonNullable<StoragePolicySpec['nfs']>[number];

/** The wish to read a directory of an NFS server. */
export function nfsWish({ server, path }: Nfs): StorageWish | Impossible {
  const canonical = fits(SERVER, server) ? canonicalServer(server) : undefined;
  if (canonical === undefined) return unclearServer(server);
  const rulesIn = ({ nfs = [] }: StoragePolicySpec): Rule[] =>
    nfs.filter(({ servers }) => servers.some((each) => canonicalServer(each) === canonical));
  return storageWish({
    words: `read ${shown(path)} on NFS server ${shown(canonical)}`,
    rules: { nfs: [{ servers: [canonical], pathPrefixes: [path] }] },
    grantIn(policy) {
      const grants = rulesIn(policy).flatMap((rule) => grantsOf(rule.pathPrefixes, rule.mountOptions));
      return nearestGrant(path, grants);
    },
    insteadIn: (policy) =>
      `${only(rulesIn(policy).flatMap(({ pathPrefixes }) => pathPrefixes))} on that server`,
  });
}

function unclearServer(server: string): Impossible {
  return {
    impossible: `no StoragePolicy can allow the server ${shown(server)}: whoever reads it may take it for another one`,
    hint: 'Write a host name such as nfs.example.com, an IPv4 address as four decimal numbers without leading zeros, or an IPv6 address.',
  };
}
