/** Which file of the project imports which, and which of these imports go against the order of the folders. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import ts from 'typescript';

/**
 * The folders of `src`, from those that use others to those that are used. A file imports from its own folder and
 * from the lines below its own, never from a neighbour on the same line.
 */
const ORDER: readonly (readonly string[])[] = [
  ['cli'],
  ['local', 'cluster', 'install', 'controller'],
  ['builders'],
  ['pack', 'policy', 'pull'],
  ['record'],
  ['artifact', 'image', 'registry', 'layout', 'storage'],
  ['oci', 'files'],
  ['api'],
];

/** An image is planned over the files of an artifact, so here one neighbour uses the other. */
const NEIGHBOURS: readonly (readonly [user: string, used: string])[] = [['image', 'artifact']];

/** Everyone may use these; they use nothing of the project but errors.ts. */
const COMMON: readonly string[] = ['errors.ts', 'telemetry', 'kube'];

/** Every source file (relative to `root`, `/` between names) with the files of the project that it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

export function readImports(root: string): Imports {
  const files = globSync('**/*.{ts,tsx}', { cwd: root }).map((file) => file.split(sep).join('/'));
  return new Map(files.sort().map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]));
}

function importsOf(file: string, text: string): string[] {
  return ts
    .preProcessFile(text)
    .importedFiles.map((each) => each.fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) =>
      normalize(join(dirname(file), name))
        .split(sep)
        .join('/'),
    );
}

/** A sentence for each import that goes against the order; none where all is well. */
export function wrongImports(imports: Imports): string[] {
  return [...imports].flatMap(([file, used]) =>
    used.flatMap((other) => {
      const why = refusal(folderOf(file), folderOf(other));
      return why === undefined ? [] : [`${file} imports ${other}: ${why}`];
    }),
  );
}

function refusal(user: string, used: string): string | undefined {
  if (user === used || used === 'errors.ts') return undefined;
  if (used === '..') return 'it lies outside of src';
  if (COMMON.includes(user)) return `${user} is used by all and uses only errors.ts`;
  const from = rank(user);
  if (from === -1) return `the folder ${user} has no place in the order yet`;
  if (COMMON.includes(used)) return undefined;
  const to = rank(used);
  if (to === -1) return `the folder ${used} has no place in the order yet`;
  if (to > from || NEIGHBOURS.some(([a, b]) => a === user && b === used)) return undefined;
  return to === from ? `${user} and ${used} are neighbours` : `${used} stands above ${user}`;
}

function folderOf(file: string): string {
  return file.split('/', 1)[0] ?? file;
}

function rank(folder: string): number {
  return ORDER.findIndex((line) => line.includes(folder));
}

/** Files that import each other in a circle, each circle once, as the chain that leads back to its start. */
export function circles(imports: Imports): string[][] {
  const done = new Set<string>();
  const found: string[][] = [];
  const visit = (file: string, chain: readonly string[]): void => {
    const start = chain.indexOf(file);
    if (start !== -1) found.push([...chain.slice(start), file]);
    if (start !== -1 || done.has(file)) return;
    for (const used of imports.get(file) ?? []) visit(used, [...chain, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}
