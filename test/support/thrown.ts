import { StowageError } from '../../src/errors.ts';

/** The error that a call throws. */
export function thrownBy(call: () => unknown): StowageError {
  try {
    call();
  } catch (error) {
    return ours(error);
  }
  throw new Error('nothing was thrown');
}

/** The error that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<StowageError> {
  const [settled] = await Promise.allSettled([promise]);
  if (settled.status === 'fulfilled') throw new Error('it was fulfilled', { cause: settled.value });
  return ours(settled.reason);
}

function ours(error: unknown): StowageError {
  if (error instanceof StowageError) return error;
  throw new Error('not a StowageError', { cause: error });
}
