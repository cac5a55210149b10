import { StowageError } from '../errors.ts';
import { printable } from './printable.ts';
import type { Place, Problem } from './yaml.ts';

/** People repair a few errors at a time; after this many the rest is counted. */
const MAX_SHOWN = 20;

/** One error for all that is wrong with a file: a line each, in the order of the file. */
export function refusal(file: string, problems: readonly Problem[]): StowageError {
  const lines = [...problems]
    .sort(byPlace)
    .slice(0, MAX_SHOWN)
    .map(({ line, column, text }) => `${printable(file)}:${line}:${column}: ${printable(text)}`);
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`… and ${more} more`);
  return refused(
    [
      `${printable(file)} has ${problems.length === 1 ? 'an error' : `${problems.length} errors`}`,
      ...lines,
    ].join('\n'),
  );
}

function refused(what: string): StowageError {
  return new StowageError('DeclarationInvalid', what, {
    hint: '"stowage crds" prints every field with its meaning.',
  });
}

function byPlace(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}
