import { z } from 'zod';
import type { BuildProgress } from '../builder.ts';

/** The events of src/telemetry/progress-json.ts that say how far the work is. A line of one of them is short. */
const MAX_LINE = 1024;

const whole = z.int().nonnegative();

const Event = z.union([
  z.object({ event: z.literal('planned'), bytes: whole }),
  z.object({
    event: z.enum(['progress', 'done']),
    bytes: whole,
    bytesDone: whole,
    bytesPerSecond: whole.optional(),
    secondsLeft: whole.optional(),
  }),
]);

/**
 * How far a build is, from the end of its log: what the last line says that says it. The first and the last line of what
 * is given may be cut, and any line may be something else.
 */
export function progress(logTail: string): BuildProgress | undefined {
  const lines = logTail.slice(0, logTail.lastIndexOf('\n') + 1).split('\n');
  for (const line of lines.reverse()) {
    const found = fromLine(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fromLine(line: string): BuildProgress | undefined {
  if (line.length > MAX_LINE || !line.startsWith('{"event":')) return undefined;
  const event = Event.safeParse(parsed(line)).data;
  if (event === undefined) return undefined;
  const { bytes: total } = event;
  if (event.event === 'planned') return { bytes: 0, total };
  if (event.bytesDone > total) return undefined;
  return {
    bytes: event.bytesDone,
    total,
    ...(event.bytesPerSecond === undefined ? {} : { rate: event.bytesPerSecond }),
    ...(event.secondsLeft === undefined ? {} : { eta: event.secondsLeft }),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
