import fc from 'fast-check';
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Header, Parser } from 'tar';
import { describe, expect, it } from 'vitest';
import { tarHeader, tarPadding, type TarEntry } from '../../src/image/tar.ts';
import { tempDir } from '../support/tempdir.ts';
import { directoryMember, fileMember, isInstalled, run, tarOf, type Member } from './support/tar.ts';

const GIB = 1024 ** 3;
const READERS = [
  { name: 'GNU tar', command: ['tar'] },
  { name: 'bsdtar', command: ['bsdtar'] },
  { name: 'busybox tar', command: ['busybox', 'tar'] },
].map(({ name, command: [program = '', ...first] }) => ({
  name,
  installed: isInstalled(program),
  tar: (args: string[], options: { cwd?: string; input?: Buffer } = {}) =>
    run(program, [...first, ...args], options),
}));

/** A path of so many bytes, all its names short enough for a file system. */
function pathOf(bytes: number): string {
  const name = `${bytes}-`.padEnd(40, 'x');
  return Array.from({ length: 8 }, () => name)
    .join('/')
    .slice(0, bytes)
    .replace(/\/$/, 'y')
    .padEnd(bytes, 'z');
}

const NAMES: readonly string[] = [
  ...Array.from({ length: 300 }, (_, index) => pathOf(index + 1)),
  ...[99, 100, 101, 155, 156, 200, 254, 255].map((bytes) => `f${bytes}`.padEnd(bytes, 'n')),
  `${'p'.repeat(155)}/${'q'.repeat(100)}`,
  `${'p'.repeat(155)}/${'q'.repeat(101)}`,
  `${'é'.repeat(77)}/${'ü'.repeat(50)}`,
  `${'é'.repeat(78)}/${'ü'.repeat(50)}`,
  `${'重'.repeat(40)}/${'み'.repeat(40)}`,
  '😀'.repeat(60),
  ' leading and trailing ',
  '-leading-dash',
  '--checkpoint=1',
  '.hidden',
  'back\\slash',
  'line\nfeed',
  '"quotes" and \'others\'',
];

describe('a tar of ours', () => {
  it('is byte for byte what GNU tar writes for the same files in the ustar format', async () => {
    const directory = await tempDir();
    const names = NAMES.filter((name) => tarHeader({ type: 'file', path: name, size: 0 }).length === 512);
    const members = names.map((name, index) => fileMember(name, 'w'.repeat(index * 7)));
    await writeFiles(directory, members);
    const list = members.map(({ entry }) => entry.path).join('\0');
    const owner = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--no-recursion'];
    const from = ['--null', '--verbatim-files-from', '-T', '-', '-c'];
    const theirs = run('tar', ['--format=ustar', '-b1', ...owner, ...from], {
      cwd: directory,
      input: Buffer.from(list),
    });
    expect(names.length).toBeGreaterThan(200);
    expect(theirs.equals(tarOf(members))).toBe(true);
  });

  describe.each(READERS)('is read by $name', ({ installed, tar }) => {
    it.skipIf(!installed)('with names of every length and kind, and their contents', async () => {
      const directory = await tempDir();
      const members = NAMES.map((name) => fileMember(name, `in ${name}`));
      tar(['-xf', '-'], { cwd: directory, input: tarOf(members) });
      for (const { entry, content } of members) {
        expect(await readFile(join(directory, entry.path))).toEqual(content);
      }
    });

    it.skipIf(!installed)('with directories and a link', async () => {
      const directory = await tempDir();
      const link: Member = { entry: { type: 'symlink', path: 'kubedl-model', target: 'models' } };
      const long = `models/${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(120)}`;
      const members = [directoryMember('models'), directoryMember(long), fileMember('models/a', 'A'), link];
      tar(['-xf', '-'], { cwd: directory, input: tarOf(members) });
      expect(await readFile(join(directory, 'kubedl-model/a'), 'utf8')).toBe('A');
      await writeFile(join(directory, long, 'is a directory'), '');
    });

    it.skipIf(!installed)('past a member of 9 GiB', async () => {
      const archive = await sparseArchive({ type: 'file', path: 'models/big', size: 9 * GIB });
      const listed = tar(['-tvf', archive]).toString();
      expect(listed).toContain(String(9 * GIB));
      expect(listed).toContain('models/after');
    });
  });

  describe('is read by node-tar', () => {
    it('with names of every length and kind', () => {
      const members = NAMES.map((name) => fileMember(name, `in ${name}`));
      expect(readBack(tarOf(members))).toEqual(
        members.map(({ entry, content }) => ({ path: entry.path, content })),
      );
    });

    it('with a size of 9 GiB', () => {
      const header = new Header(tarHeader({ type: 'file', path: 'models/big', size: 9 * GIB }));
      expect(header).toMatchObject({ cksumValid: true, size: 9 * GIB, path: 'models/big' });
    });

    it('whatever the paths are', () => {
      // The parser itself misreads a line feed in a PAX record; GNU tar reads it, see below.
      fc.assert(
        fc.property(fc.array(fc.tuple(path(/[\0/\n]/g), fc.uint8Array({ maxLength: 600 }))), (files) => {
          const members = files.map(([name, bytes]) => fileMember(name, Buffer.from(bytes)));
          const read = readBack(tarOf(members));
          expect(read).toEqual(members.map(({ entry, content }) => ({ path: entry.path, content })));
        }),
      );
    });
  });

  it('is listed by GNU tar with its names, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(path(/[\0/]/g), { minLength: 1 }), (names) => {
        const archive = tarOf(names.map((name) => fileMember(name)));
        // The one style in which names with line feeds and backslashes are told apart.
        const listed = run('tar', ['-t', '--quoting-style=c', '-f', '-'], { input: archive }).toString(
          'latin1',
        );
        expect(listed.trimEnd().split('\n').map(unquoted)).toEqual(names);
      }),
      { numRuns: 25 },
    );
  });
});

/** Any path of up to 400 characters without the given ones in its names. */
function path(forbidden: RegExp): fc.Arbitrary<string> {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
    .map((text) => text.replaceAll(forbidden, '_'))
    .filter((text) => text !== '.' && text !== '..');
  return fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join('/'));
}

function readBack(archive: Buffer): { path: string; content: Buffer }[] {
  const read: { path: string; chunks: Buffer[] }[] = [];
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      read.push({ path: entry.path, chunks });
      entry.on('data', (chunk) => chunks.push(chunk));
    },
  });
  // An archive that holds nothing is not worth a complaint here.
  if (archive.length > 1024) parser.end(archive);
  return read.map(({ path: name, chunks }) => ({ path: name, content: Buffer.concat(chunks) }));
}

/** Undoes GNU tar's quoting style "c", in which each byte that is not printed as it is stands in octal. */
function unquoted(line: string): string {
  const named: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };
  const bytes = line.slice(1, -1).replaceAll(/\\([0-7]{3}|.)/g, (_, code: string) => {
    return code.length === 3 ? String.fromCharCode(parseInt(code, 8)) : (named[code] ?? code);
  });
  return Buffer.from(bytes, 'latin1').toString();
}

async function writeFiles(directory: string, members: readonly Member[]): Promise<void> {
  for (const { entry, content = '' } of members) {
    const location = join(directory, entry.path);
    await mkdir(dirname(location), { recursive: true });
    await writeFile(location, content);
    await chmod(location, 0o644);
  }
}

/** An archive of one large member, of which only the header takes space on the disk, and one after it. */
async function sparseArchive(entry: TarEntry & { type: 'file' }): Promise<string> {
  const location = join(await tempDir(), 'sparse.tar');
  const after = tarOf([fileMember('models/after', 'x')]);
  const start = tarHeader(entry).length + entry.size + tarPadding(entry.size);
  await using file = await open(location, 'w');
  await file.write(tarHeader(entry), 0, undefined, 0);
  await file.write(after, 0, undefined, start);
  return location;
}
