import { pino, stdTimeFunctions, type DestinationStream } from 'pino';
import { asStowageError } from '../errors.ts';

/** What a line is about. */
export interface LogFields {
  readonly object?: { readonly kind: string; readonly namespace?: string; readonly name: string };
  /** Becomes `code`, `error` and `hint`. */
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/** A log for machines to collect and people to search: one JSON document per line. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Writes to stdout unless told otherwise: `{"level":"info","time":"2026-…Z",…,"msg":"…"}`. */
export function jsonLog(destination?: DestinationStream): Log {
  const options = {
    // Who collects logs knows the pod, and with it process and host.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  return {
    info: (message, fields = {}) => logger.info(flat(fields), message),
    warn: (message, fields = {}) => logger.warn(flat(fields), message),
    error: (message, fields = {}) => logger.error(flat(fields), message),
  };
}

/** Secrets were removed where the error was made. A defect needs the place where it happened. */
function flat({ error: thrown, ...fields }: LogFields): object {
  if (thrown === undefined) return fields;
  const error = asStowageError(thrown);
  const { code, message, hint } = error;
  const cause = error.cause instanceof Error ? error.cause : error;
  return { ...fields, code, error: message, hint, ...(code === 'Internal' && { stack: cause.stack }) };
}
