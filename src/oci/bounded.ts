/** Parts of schemas for documents from strangers: however wrong a document is, few of its problems are collected. */
import { z } from 'zod';

/** The 4 MiB of a manifest hold no more descriptors that are whole: a digest, a media type and a size have 200 bytes. */
const MAX_ENTRIES = 20_000;

/**
 * A list that is given up at its first bad entry. z.array collects the problems of all entries, and looks at a `max`
 * only after that: 800 kB of bad entries then take half a gigabyte of memory.
 */
export function listOf<T>(entry: z.ZodType<T>, maxEntries = MAX_ENTRIES): z.ZodType<T[]> {
  return z
    .array(z.unknown())
    .max(maxEntries)
    .transform((values, context) => {
      const entries: T[] = [];
      for (const [position, value] of values.entries()) {
        const { data, error } = entry.safeParse(value);
        if (error !== undefined) {
          for (const { message, path } of error.issues)
            context.addIssue({ code: 'custom', message, path: [position, ...path] });
          return z.NEVER;
        }
        entries.push(data);
      }
      return entries;
    });
}

/** Names with texts, such as annotations; one problem for all of them, which quotes none. */
export const texts = z.custom<Record<string, string>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
  'expected texts by name',
);
