import { z } from 'zod';
import type { Grammar } from './grammar.ts';

/** A text that must be there. `rules` hold in a cluster only. */
export function text(grammar: Grammar, ...rules: readonly CelRule[]): z.ZodString {
  return matching(grammar, `^${grammar.pattern}$`, rules);
}

/** A text that may be left out; an empty one is left out too, as in KubeDL. Stands inside `object` only. */
export function optionalText(
  grammar: Grammar,
  ...rules: readonly CelRule[]
): z.ZodExactOptional<z.ZodString> {
  return matching(grammar, `^(?:${grammar.pattern})?$`, rules).exactOptional();
}

/** In the CRD it becomes a CEL rule, not a `pattern`: the API server answers with its message, not with the pattern. */
function matching({ max, expected }: Grammar, pattern: string, rules: readonly CelRule[]): z.ZodString {
  const expression = new RegExp(pattern);
  return z
    .string({ error: expected })
    .max(max, { error: expected, abort: true })
    .refine((value) => expression.test(value), { error: expected })
    .meta(celRules({ rule: `self.matches(r'${pattern}')`, message: `expected ${expected}` }, ...rules));
}

/** What people declare: a key that is not in the shape is an error, an empty text is no text. */
export function object<Shape extends z.core.$ZodLooseShape>(shape: Shape): Declared<Shape> {
  return z.strictObject(shape).transform(withoutEmptyTexts);
}

type Declared<Shape extends z.core.$ZodLooseShape> = z.ZodPipe<
  z.ZodObject<Shape, z.core.$strict>,
  z.ZodTransform<z.output<z.ZodObject<Shape, z.core.$strict>>, z.output<z.ZodObject<Shape, z.core.$strict>>>
>;

function withoutEmptyTexts<T extends object>(value: T): T {
  const kept = { ...value };
  for (const [key, field] of Object.entries(kept)) if (field === '') Reflect.deleteProperty(kept, key);
  return kept;
}

/** A whole number from 0: bytes, seconds, counts. */
export function count(): z.ZodInt {
  return z.int().nonnegative();
}

/** RFC 3339, as the API server writes it: `2026-03-01T12:00:00Z`. */
export function timestamp(): z.ZodISODateTime {
  return z.iso.datetime({ offset: true });
}

/** A CEL rule that the API server checks; `message` is what people read when it does not hold. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** The field that is named in the error, relative to where the rule stands: `.imageTag`. */
  readonly fieldPath?: string;
}

/** For `.meta()`: rules that hold in a cluster. They reach the CRD and are not checked here. */
export function celRules(...rules: readonly CelRule[]): { 'x-kubernetes-validations': readonly CelRule[] } {
  return { 'x-kubernetes-validations': rules };
}
