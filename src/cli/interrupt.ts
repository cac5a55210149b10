import { StowageError } from '../errors.ts';

/** Ctrl-C, a request to end, and a terminal that was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` with a signal that SIGINT (Ctrl-C), SIGTERM and SIGHUP abort, so that uploads are cancelled and temporary
 * files removed. A second Ctrl-C ends the process at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    // A terminal that closes sends SIGHUP more than once: the kernel does, and so does the shell.
    if (stop.signal.aborted && name !== 'SIGHUP') process.exit(130);
    stop.abort(new StowageError('Cancelled', `interrupted by ${name}`));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await work(stop.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}
