import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file that needs more is two files. */
const MAX_LINES = 200;

/** Home directories, and registries of packages: what only the machine knows that a file was written on. */
const NOT_OURS = /\/(?:home|Users|root)\/[a-z]|registry\.npm(?:js|mirror)|unpkg\.com|(?:proxy|sum)\.golang/;

/** Put together here, because this file is one of those that are searched. */
const LEFT_OVER = new RegExp(
  ['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3)].map((word) => `\\b${word}\\b`).join('|'),
);

const files = trackedFiles();

describe('the files of the project', () => {
  it('in src are short', () => {
    const long = lines(/^src\/.*\.tsx?$/).filter((each) => each.lines.length > MAX_LINES);
    expect(long.map((each) => `${each.file}: ${each.lines.length} lines`)).toEqual([]);
  });

  it('name no machine and no package registry', () => {
    expect(matching((line) => NOT_OURS.test(line) || line.includes(root))).toEqual([]);
  });

  it('leave nothing for later', () => {
    expect(matching((line) => LEFT_OVER.test(line))).toEqual([]);
  });
});

/** What git tracks, and what it would with the next `git add`; a file that was deleted but not yet committed is left out. */
function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const found = listed.split('\0').filter((file) => file !== '' && isFile(join(root, file)));
  expect(found.length).toBeGreaterThan(20);
  return found;
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function lines(named: RegExp): { file: string; lines: string[] }[] {
  return files
    .filter((file) => named.test(file))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n') }));
}

function matching(offends: (line: string) => boolean): string[] {
  return lines(/./).flatMap(({ file, lines }) =>
    lines.flatMap((line, number) =>
      offends(line) ? [`${file}:${number + 1}: ${line.trim().slice(0, 120)}`] : [],
    ),
  );
}
