import { StowageError } from '../../errors.ts';

/** The error for a base image that cannot be used; `message` says which and why. */
export function invalidBase(message: string, cause?: unknown): StowageError {
  return new StowageError('BaseInvalid', message, {
    hint: 'choose another base image, or build without one',
    ...(cause !== undefined && { cause }),
  });
}
