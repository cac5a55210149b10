import { describe, expect, it } from 'vitest';
import { directoryOf, remoteMounts } from '../../src/storage/find-mount.ts';
import { parseMountinfo } from '../../src/storage/mountinfo.ts';

const ROOT = '1 0 0:1 / / rw - ext4 /dev/sda rw';

function directory(lines: readonly string[], path: string): string | undefined {
  const mounts = parseMountinfo([ROOT, ...lines].join('\n'));
  return directoryOf(mounts, remoteMounts(mounts), path);
}

describe("where a server's directory is to be seen", () => {
  it.each([
    ['at the mount point', ['2 1 0:2 / /mnt rw - nfs nfs:/exports rw'], '/exports', '/mnt'],
    ['below it', ['2 1 0:2 / /mnt rw - nfs4 nfs:/exports rw'], '/exports/a/b', '/mnt/a/b'],
    ['of the root of a server', ['2 1 0:2 / /mnt rw - nfs4 nfs:/ rw'], '/exports', '/mnt/exports'],
    ['of what was mounted with a slash', ['2 1 0:2 / /mnt rw - nfs nfs:/exports/ rw'], '/exports', '/mnt'],
    [
      // The kernel's NFS names the directory itself (fs/nfs/super.c, nfs_show_devname), and "/" as root.
      'in a bind mount of a directory of it',
      ['2 1 0:2 / /mnt rw - nfs4 nfs:/exports rw', '3 1 0:2 / /data rw - nfs4 nfs:/exports/a rw'],
      '/exports/a/b',
      '/data/b',
    ],
    [
      'in a bind mount of a file system in user space',
      ['3 1 0:2 /a /data rw - fuse.nfs nfs:/exports rw,user_id=0,group_id=0'],
      '/exports/a/b',
      '/data/b',
    ],
    [
      'not beside such a bind mount',
      ['3 1 0:2 /a /data rw - fuse.nfs nfs:/exports rw,user_id=0,group_id=0'],
      '/exports/b',
      undefined,
    ],
    [
      'not in one that another user mounted',
      ['2 1 0:2 / /mnt rw - fuse.nfs nfs:/exports rw,user_id=1000,group_id=0'],
      '/exports',
      undefined,
    ],
    [
      'not in one that says not who mounted it',
      ['2 1 0:2 / /mnt rw - fuse.nfs nfs:/exports rw'],
      '/exports',
      undefined,
    ],
    [
      'by the nearest of two',
      ['2 1 0:2 / /all rw - nfs nfs:/ rw', '3 1 0:3 / /mnt rw - nfs nfs:/exports rw'],
      '/exports/a',
      '/mnt/a',
    ],
    [
      'not where something was mounted over it later',
      ['2 1 0:2 / /mnt rw - nfs nfs:/exports rw', '3 2 0:3 / /mnt rw - tmpfs tmpfs rw'],
      '/exports/a',
      undefined,
    ],
    [
      'not where something was mounted on the way',
      ['2 1 0:2 / /mnt rw - nfs nfs:/exports rw', '3 2 0:3 / /mnt/a rw - tmpfs tmpfs rw'],
      '/exports/a/b',
      undefined,
    ],
    [
      'by one that is farther where the nearest is covered',
      [
        '2 1 0:2 / /mnt rw - nfs nfs:/exports rw',
        '3 2 0:3 / /mnt rw - tmpfs tmpfs rw',
        '4 1 0:4 / /all rw - nfs nfs:/ rw',
      ],
      '/exports/a',
      '/all/exports/a',
    ],
    [
      'where the server itself has another file system',
      ['2 1 0:2 / /mnt rw - nfs4 nfs:/ rw', '3 2 0:3 / /mnt/exports rw - nfs4 nfs:/exports rw'],
      '/exports/a',
      '/mnt/exports/a',
    ],
    [
      'in a directory with a space and a comma',
      [String.raw`2 1 0:2 / /mnt/my\040models rw - nfs4 nfs:/my\040models,1 rw`],
      '/my models,1/a',
      '/mnt/my models/a',
    ],
    ['of an IPv6 address', ['2 1 0:2 / /mnt rw - nfs4 [fe80::1]:/exports rw'], '/exports', '/mnt'],
    ['not of another type', ['2 1 0:2 / /mnt rw - cifs nfs:/exports rw'], '/exports', undefined],
    ['not of a source that is none', ['2 1 0:2 / /mnt rw - nfs4 nfs rw'], '/exports', undefined],
    ['not above the export', ['2 1 0:2 / /mnt rw - nfs4 nfs:/exports/a rw'], '/exports', undefined],
    ['not beside the export', ['2 1 0:2 / /mnt rw - nfs4 nfs:/exports rw'], '/exports2', undefined],
  ])('is %s', (_, lines, path, expected) => {
    expect(directory(lines, path)).toBe(expected);
  });

  it('has the server without brackets', () => {
    const mounts = parseMountinfo('2 1 0:2 / /mnt rw - nfs4 [fe80::1]:/exports rw');
    expect(remoteMounts(mounts)).toMatchObject([{ server: 'fe80::1', path: '/exports' }]);
  });
});
