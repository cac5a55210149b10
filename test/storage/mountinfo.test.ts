import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mountOf, parseMountinfo, placeIn, type Mount } from '../../src/storage/mountinfo.ts';

describe('the mount table', () => {
  it.each([
    [
      'the example of proc_pid_mountinfo(5)',
      '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue',
      { id: 36, parent: 35, root: '/mnt1', mountPoint: '/mnt2', fsType: 'ext3', source: '/dev/root' },
    ],
    [
      'no optional fields',
      '4102 4101 0:47 / /mnt/a rw,noatime - nfs 10.117.49.202:/ rw,vers=3',
      { id: 4102, parent: 4101, root: '/', mountPoint: '/mnt/a', fsType: 'nfs', source: '10.117.49.202:/' },
    ],
    [
      'several optional fields',
      '1 0 0:1 / / rw shared:1 master:2 propagate_from:3 unbindable - ext4 /dev/sda rw',
      { id: 1, parent: 0, root: '/', mountPoint: '/', fsType: 'ext4', source: '/dev/sda' },
    ],
    [
      'octal escapes',
      String.raw`2 1 0:2 /a\134b /mnt/my\040models\011x rw - nfs4 nfs:/my\040models\012 rw`,
      {
        ...{ id: 2, parent: 1, root: '/a\\b', mountPoint: '/mnt/my models\tx' },
        ...{ fsType: 'nfs4', source: 'nfs:/my models\n' },
      },
    ],
    [
      'no source',
      '3 1 0:3 / /mnt rw - fuse  rw',
      { id: 3, parent: 1, root: '/', mountPoint: '/mnt', fsType: 'fuse', source: '' },
    ],
    [
      'a source that is a dash',
      '3 1 0:3 / /- rw - tmpfs - rw',
      { id: 3, parent: 1, root: '/', mountPoint: '/-', fsType: 'tmpfs', source: '-' },
    ],
  ])('is read: %s', (_, line, mount) => {
    expect(parseMountinfo(`${line}\n`)).toEqual([expect.objectContaining(mount)]);
  });

  it('has the options of the file system by their names', () => {
    const [mount] = parseMountinfo(
      '2 1 0:2 / /mnt rw - nfs4 127.0.0.1:/ rw,port=20449,addr=127.0.0.1,sec=a=b',
    );
    expect(mount?.options).toEqual(
      new Map([
        ['rw', ''],
        ['port', '20449'],
        ['addr', '127.0.0.1'],
        ['sec', 'a=b'],
      ]),
    );
  });

  it.each(['', '\n\n', 'not a line', '1 2 3 4 5 6 7 8 9'])('has no line in %j', (text) => {
    expect(parseMountinfo(text)).toEqual([]);
  });

  it('gives back whatever was written as the kernel writes it', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'ü', ' ', '\t', '\n', '\\', '#', '-', ':', '/', '0'),
      maxLength: 12,
    });
    const optional = fc.array(fc.constantFrom('shared:1', 'master:2', 'unbindable'), { maxLength: 3 });
    const line = fc.record({
      root: text,
      mountPoint: text,
      source: text,
      optional,
      id: fc.nat(),
      parent: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const written = lines.map(
          ({ id, parent, root, mountPoint, source, optional: more }) =>
            `${id} ${parent} 0:1 ${escaped(root)} ${escaped(mountPoint)} ${['rw', ...more].join(' ')} - nfs ${escaped(source)} rw`,
        );
        const read = parseMountinfo(written.join('\n'));
        expect(
          read.map(({ id, parent, root, mountPoint, source }) => ({ id, parent, root, mountPoint, source })),
        ).toEqual(
          lines.map(({ id, parent, root, mountPoint, source }) => ({ id, parent, root, mountPoint, source })),
        );
      }),
    );
  });
});

/** fs/proc_namespace.c, mangle(). */
function escaped(text: string): string {
  return text.replaceAll(/[ \t\n\\#]/g, (each) => `\\${each.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function mounts(...lines: readonly (readonly [id: number, parent: number, mountPoint: string])[]): Mount[] {
  return parseMountinfo(
    lines.map(([id, parent, at]) => `${id} ${parent} 0:1 / ${at} rw - ext4 x rw`).join('\n'),
  );
}

describe('the mount that a path leads into', () => {
  it.each([
    ['the root', [[1, 0, '/']], '/a/b', 1],
    [
      'the nearest',
      [
        [1, 0, '/'],
        [2, 1, '/a'],
        [3, 2, '/a/b'],
      ],
      '/a/b/c',
      3,
    ],
    [
      'one beside it is another',
      [
        [1, 0, '/'],
        [2, 1, '/ab'],
      ],
      '/a',
      1,
    ],
    [
      'the later of two on one directory',
      [
        [1, 0, '/'],
        [2, 1, '/a'],
        [3, 2, '/a'],
      ],
      '/a/x',
      3,
    ],
    [
      'one over a directory above it',
      [
        [1, 0, '/'],
        [2, 1, '/a/b'],
        [3, 1, '/a'],
      ],
      '/a/b/x',
      3,
    ],
    [
      'the same, on what lies over it',
      [
        [1, 0, '/'],
        [2, 1, '/a/b'],
        [3, 1, '/a'],
        [4, 3, '/a/b'],
      ],
      '/a/b/x',
      4,
    ],
    [
      'in a root of its own, whose parent is not listed',
      [
        [9, 5, '/'],
        [2, 9, '/a'],
      ],
      '/a',
      2,
    ],
    [
      'its own parent',
      [
        [1, 1, '/'],
        [2, 1, '/a'],
      ],
      '/a',
      2,
    ],
    ['none', [[2, 1, '/a']], '/b', undefined],
  ] as const)('is %s', (_, lines, path, id) => {
    expect(mountOf(mounts(...lines), path)?.id).toBe(id);
  });
});

const ELSEWHERE = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 254:0 /srv/models/a /model rw shared:7 master:3 - ext4 /dev/vda rw
41 27 254:0 /srv/models/b /model rw shared:8 - ext4 /dev/vda rw
42 27 0:50 / /mnt/files rw - nfs4 server:/export rw,vers=4.2
43 27 0:51 / /mnt/my\\040disk rw - fuse.sshfs ann@host:/a\\134b rw
`;

it.each<[string, number, string, string | undefined]>([
  ['on the root', 27, '/srv/models/a', '/dev/vda:/srv/models/a'],
  ['where it was mounted as something else', 40, '/model', '/dev/vda:/srv/models/a'],
  ['of what was mounted over it', 41, '/model', '/dev/vda:/srv/models/b'],
  ['below a mount', 41, '/model/v1/x', '/dev/vda:/srv/models/b/v1/x'],
  ['on a file server', 42, '/mnt/files/bert', 'server:/export:/bert'],
  ['with characters that are written as numbers', 43, '/mnt/my disk/bert', 'ann@host:/a\\b:/bert'],
  ['through a mount that is not listed', 99, '/model', undefined],
])('a path has one place %s', (_, id, path, place) => {
  expect(placeIn(parseMountinfo(ELSEWHERE), id, path)).toBe(place);
});
