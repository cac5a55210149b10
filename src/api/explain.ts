import { z } from 'zod';
import type { Path } from './path.ts';
import { nearest } from './suggestion.ts';
import { describe, quote } from './words.ts';

/** Something wrong with a field. */
export interface Finding {
  readonly path: Path;
  /** Given where it is the key that is wrong, not what stands there. */
  readonly part?: 'key' | undefined;
  readonly text: string;
}

/** How the value that stands at a path was written; `1.0` is the number 1 once it is read. */
export type SourceOf = (path: Path) => string | undefined;

/** Checks a value against a schema and says what is wrong in words: what was found and what was expected. */
export function check<T>(
  schema: z.ZodType<T>,
  value: unknown,
  sourceOf: SourceOf,
): { value: T } | { findings: Finding[] } {
  const result = schema.safeParse(value, { error: expectation });
  if (result.success) return { value: result.data };
  return { findings: result.error.issues.flatMap((issue) => explain(issue, schema, value, sourceOf)) };
}

/** What follows "expected", where the schema itself does not say it. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return TYPES.get(issue.expected);
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ');
  if (issue.code === 'too_big') return `at most ${issue.maximum}${unitOf(issue)}`;
  if (issue.code === 'too_small') return `at least ${issue.minimum}${unitOf(issue)}`;
  return undefined;
}

function unitOf({ origin }: { origin: string }): string {
  return origin === 'array' ? ' entries' : '';
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['object', 'a mapping'],
  ['record', 'a mapping'],
  ['array', 'a list'],
  ['boolean', 'true or false, without quotes'],
  ['string', 'text'],
  ['int', 'a whole number'],
]);

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown, sourceOf: SourceOf): Finding[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], part: 'key', text: unknownField(key, known) }));
  }
  if (issue.code === 'invalid_key') {
    const expected = issue.issues[0]?.message ?? 'another key';
    return [{ path, part: 'key', text: `found the key ${quote(String(path.at(-1)))}; expected ${expected}` }];
  }
  const value = valueAt(root, path);
  const source = sourceOf(path);
  const quotes = needsQuotes(issue, value) ? `; put it in quotes: ${quote(source ?? String(value))}` : '';
  return [{ path, text: `found ${describe(value, source)}; expected ${issue.message}${quotes}` }];
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined
    ? `unknown field; known here: ${known.join(', ')}`
    : `unknown field; did you mean ${meant}?`;
}

function needsQuotes(issue: z.core.$ZodIssue, value: unknown): boolean {
  const isText = issue.code === 'invalid_type' && issue.expected === 'string';
  return isText && (typeof value === 'number' || typeof value === 'boolean');
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
}

/** The fields that the schema knows at a path. */
function fieldsAt(schema: z.core.$ZodType, path: Path): string[] {
  const [key, ...rest] = path;
  if (isWrapper(schema)) return fieldsAt(schema.unwrap(), path);
  if (schema instanceof z.ZodPipe) return fieldsAt(schema.in, path);
  if (schema instanceof z.ZodArray && key !== undefined) return fieldsAt(schema.unwrap(), rest);
  if (!(schema instanceof z.ZodObject)) return [];
  if (key === undefined) return Object.keys(schema.shape);
  const field: unknown = schema.shape[String(key)];
  return field instanceof z.ZodType ? fieldsAt(field, rest) : [];
}

function isWrapper(
  schema: z.core.$ZodType,
): schema is z.ZodExactOptional | z.ZodOptional | z.ZodDefault | z.ZodPrefault {
  return [z.ZodExactOptional, z.ZodOptional, z.ZodDefault, z.ZodPrefault].some(
    (wrapper) => schema instanceof wrapper,
  );
}
