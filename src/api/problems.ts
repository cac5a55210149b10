import { StowageError } from '../errors.ts';
import { printable } from './printable.ts';
import type { Place, Problem } from './yaml.ts';

/** People repair a few errors at a time; after this many the rest is counted. */
const MAX_SHOWN = 20;

const DECLARATION_HINT = '"stowage crds" prints every field with its meaning.';

/**
 * One error for all that is wrong with a file: a line each, in the order of the file.
 * @param hint where every field is explained
 */
export function refusal(
  file: string,
  problems: readonly Problem[],
  hint: string = DECLARATION_HINT,
): StowageError {
  const lines = [...problems]
    .sort(byPlace)
    .slice(0, MAX_SHOWN)
    .map(({ line, column, text }) => `${printable(file)}:${line}:${column}: ${printable(text)}`);
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`… and ${more} more`);
  const title = `${printable(file)} has ${problems.length === 1 ? 'an error' : `${problems.length} errors`}`;
  return new StowageError('DeclarationInvalid', [title, ...lines].join('\n'), { hint });
}

function byPlace(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}
