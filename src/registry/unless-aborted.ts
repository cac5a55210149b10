import { asStowageError } from '../errors.ts';

/**
 * Waits for something that others wait for too, and that goes on when this one is no longer interested.
 * @throws what the promise rejects with, or what the signal is aborted with.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(asStowageError(signal.reason));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
