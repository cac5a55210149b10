/**
 * A candidate in a process of its own, for tests that kill it. Says on stdout whom it sees lead, and when it leads
 * itself; ends its work on SIGTERM.
 * usage: node leader-process.ts KUBECONFIG NAMESPACE IDENTITY
 */
import { ApiClient } from '../../../src/kube/api-client.ts';
import { findCluster } from '../../../src/kube/kubeconfig.ts';
import { leadWhile } from '../../../src/kube/leader-election.ts';
import { Transport } from '../../../src/kube/transport.ts';

const [kubeconfig = '', namespace = '', identity = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const transport = new Transport(await findCluster({ env: process.env, kubeconfig }), 'stowage-test');
const api = new ApiClient(transport, { fieldManager: identity });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const work = async (leading: AbortSignal): Promise<void> => {
  say('leading');
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const signal of [leading, stop.signal]) signal.addEventListener('abort', () => resolve(undefined));
  await promise;
};
const times = { duration: 3000, renewDeadline: 2000, retryPeriod: 400 };
const onLeader = (leader: string): void => say(`sees ${leader}`);
const onTrouble = (error: Error): void => say(`trouble: ${error.message}`);
const lease = { namespace, name: 'election' };
say(await leadWhile({ api, lease, identity, times, onLeader, onTrouble }, work, stop.signal));
await transport.close();
