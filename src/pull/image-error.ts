import { StowageError } from '../errors.ts';

/** The error for an image that cannot be read; `message` says which and why. */
export function invalidImage(message: string, cause?: unknown): StowageError {
  return new StowageError('ImageInvalid', message, { ...(cause !== undefined && { cause }) });
}
