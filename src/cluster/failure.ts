import type { ModelVersion } from '../api/modelversion.ts';
import { ERROR_CODES, StowageError, type ErrorCode } from '../errors.ts';
import type { Course } from './course.ts';

/** What a version's status says went wrong, as the error that it was when it happened. */
export function failureOf(
  { metadata }: ModelVersion,
  { reason, message }: Extract<Course, { state: 'failed' }>,
  hint: string,
): StowageError {
  const known = Object.hasOwn(ERROR_CODES, reason);
  const said = message === '' ? '' : `: ${message}`;
  return new StowageError(
    known ? (reason as ErrorCode) : 'BuilderFailed',
    `modelversion ${metadata.name} failed${known ? '' : ` (${reason})`}${said}`,
    { hint },
  );
}
