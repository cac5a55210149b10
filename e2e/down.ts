/**
 * Stops the cluster that `node e2e/up.ts` has started, and comes back when it is gone.
 * usage: node e2e/down.ts
 */
import { isRunning, kill } from './cluster/proc.ts';
import { say } from './cluster/say.ts';
import { sweep } from './cluster/sweep.ts';
import { until } from './cluster/until.ts';
import { readUp } from './cluster/up-state.ts';

const STOP_MS = 60_000;

const running = readUp();
if (running === undefined) {
  say('no cluster is running');
} else {
  kill(running.keeper, 'SIGTERM');
  await until({ what: 'the end of the cluster', timeoutMs: STOP_MS }, () => !isRunning(running.keeper));
  say('stopped');
}
await sweep();
