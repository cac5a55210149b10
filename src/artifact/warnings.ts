/** What a person should know about a source though it is no error. Pure. */
import type { ArtifactFile } from './artifact.ts';
import { inodeKey } from './identity.ts';
import { nameWarnings, quote, quoteSome } from './names.ts';
import { numberingWarnings } from './shards.ts';
import type { Tree } from './walk.ts';
import { WORK_DIRECTORY } from './work-directory.ts';

/** How many pairs of names that clash are spelled out. */
const MAX_CLASHES = 5;

export function warningsOf(tree: Tree, files: readonly ArtifactFile[]): string[] {
  const paths = files.map(({ path }) => path);
  return [
    ...nameWarnings([...paths, ...tree.emptyDirectories]),
    ...clashWarnings(tree.clashes),
    ...pickleWarnings(files),
    ...numberingWarnings(paths),
    ...sameFileWarnings(files),
    ...pullWarnings(tree),
  ];
}

function clashWarnings(clashes: Tree['clashes']): string[] {
  if (clashes.length === 0) return [];
  const shown = clashes.slice(0, MAX_CLASHES).map(([one, other]) => `${quote(one)} and ${quote(other)}`);
  const more = clashes.length > MAX_CLASHES ? ` and ${clashes.length - MAX_CLASHES} more pairs` : '';
  return [
    `${shown.join(', ')}${more} differ only by case or Unicode form: where that does not count (macOS, Windows) one overwrites the other.`,
  ];
}

function pickleWarnings(files: readonly ArtifactFile[]): string[] {
  const pickles = files.filter(({ format }) => format === 'pickle').map(({ path }) => path);
  if (pickles.length === 0) return [];
  return [
    `${quoteSome(pickles)}: pickle-based, so loading it can run any code that is in it. Prefer safetensors.`,
  ];
}

/** Links to files make an image larger than the source: each name becomes a copy. */
function sameFileWarnings(files: readonly ArtifactFile[]): string[] {
  const groups = [...Map.groupBy(files, ({ identity }) => inodeKey(identity)).values()];
  const repeated = groups.flatMap(([, ...others]) => others.filter(({ size }) => size > 0));
  if (repeated.length === 0) return [];
  const bytes = repeated.reduce((sum, { size }) => sum + size, 0);
  const names = quoteSome(repeated.map(({ path }) => path).sort());
  return [
    `${names}: the same as another file by a link. The image holds a copy under each name, ${bytes} bytes more than the source.`,
  ];
}

function pullWarnings({ interruptedPull }: Tree): string[] {
  if (!interruptedPull) return [];
  return [
    `${quote(WORK_DIRECTORY)}: a pull into this folder has not ended, so files of the model may be missing. What it left is not packed.`,
  ];
}
