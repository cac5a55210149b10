import { z } from 'zod';

/** What a person will read of what the server says; admission webhooks write pages. */
const MAX_MESSAGE = 1000;

/** One of the things that are wrong, as the server lists them. */
export interface Cause {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** The path of the field, in the object that was sent. */
  readonly field?: string | undefined;
}

/** The server's own account of a failure (meta/v1 Status), made whole. */
export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly Cause[];
  /** Milliseconds. */
  readonly retryAfter: number | undefined;
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

const STATUS = z.object({
  kind: z.literal('Status'),
  code: z.number().int().nullish(),
  reason: text,
  message: text,
  details: z
    .object({
      retryAfterSeconds: z.number().nonnegative().nullish(),
      causes: z.array(z.object({ reason: text, message: text, field: text })).nullish(),
    })
    .nullish(),
});

/**
 * Reads the Status in an answer or in a watch's ERROR event; what is none (a proxy's page, say) is known by its HTTP
 * status alone.
 * @param retryAfter the header's value, in milliseconds.
 */
export function statusOf(document: unknown, httpStatus: number, retryAfter?: number): ApiStatus {
  const said = STATUS.safeParse(document).data ?? NOTHING_SAID;
  const code = said.code ?? httpStatus;
  return {
    code,
    reason: said.reason ?? (said === NOTHING_SAID ? unspoken(code) : reasonFor(code)),
    message: oneLine(said.message ?? ''),
    causes: said.details?.causes ?? [],
    retryAfter: retryAfter ?? milliseconds(said.details?.retryAfterSeconds),
  };
}

/**
 * An API server that does not know a path says 404 without a Status, as a proxy would: that is not to be taken for the
 * word that an object is gone.
 */
function unspoken(code: number): string {
  return code === 404 ? NOT_SERVED : reasonFor(code);
}

function reasonFor(code: number): string {
  return REASONS.get(code) ?? 'Unknown';
}

function milliseconds(seconds: number | null | undefined): number | undefined {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}

/** The reason where a kind is not served at all. Not one of Kubernetes' own. */
export const NOT_SERVED = 'NotServed';

const NOTHING_SAID: Partial<z.output<typeof STATUS>> = {};

const REASONS: ReadonlyMap<number, string> = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [413, 'RequestEntityTooLarge'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]);

function oneLine(message: string): string {
  const line = message.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
