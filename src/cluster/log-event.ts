import { z } from 'zod';

/** What a builder prints, as far as it is read here. Programs skip what they do not know. */
const count = z.number().nonnegative();

const EVENT = z.discriminatedUnion('event', [
  z.object({ event: z.literal('started'), target: z.string() }),
  z.object({ event: z.literal('planned'), layers: count, bytes: count }),
  z.object({
    ...{ event: z.literal('layer'), index: count, title: z.string() },
    ...{ size: count, action: z.string() },
  }),
  z.object({
    ...{ event: z.literal('progress'), bytes: count, bytesDone: count },
    ...{ bytesPerSecond: count.optional(), secondsLeft: count.optional() },
  }),
  z.object({ event: z.literal('warning'), message: z.string() }),
  z.object({ event: z.literal('done'), bytes: count, bytesDone: count, seconds: count }),
  z.object({ event: z.literal('report'), image: z.string() }),
  z.object({
    ...{ event: z.literal('error'), code: z.string(), message: z.string() },
    hint: z.string().optional(),
  }),
]);

export type LogEvent = z.output<typeof EVENT>;

/** Reads a line of a builder's log; undefined where it is something else. */
export function logEventOf(line: string): LogEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    return undefined;
  }
  return EVENT.safeParse(document).data;
}
