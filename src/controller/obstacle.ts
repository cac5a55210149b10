import { StowageError } from '../errors.ts';
import type { Node } from '../kube/core.ts';
import type { Observed } from './observed.ts';

/** What keeps a volume from being made: something that must be known first, a failure, or a refusal. */
export type Obstacle =
  | { readonly look: 'node' | 'verdict' }
  | { readonly failure: StowageError }
  | { readonly refusal: StowageError };

/** @param nodeName the node that the storage lies on, where it lies on one */
export function obstacleFor(nodeName: string | undefined, seen: Observed): Obstacle | undefined {
  if (nodeName !== undefined && seen.node === undefined) return { look: 'node' };
  const failure = nodeTrouble(nodeName, seen.node);
  if (failure !== undefined) return { failure };
  if (seen.verdict === undefined) return { look: 'verdict' };
  if (seen.verdict.allowed) return undefined;
  const { message, hint } = seen.verdict;
  return { refusal: new StowageError('PolicyDenied', message, { hint }) };
}

/** A node that is not there or not ready may come to be. */
function nodeTrouble(name: string | undefined, node: Observed['node']): StowageError | undefined {
  if (name === undefined || node === undefined) return undefined;
  if (node === 'missing')
    return new StowageError('NodeNotFound', `there is no node ${JSON.stringify(name)}`, {
      hint: '"kubectl get nodes" has the names of those there are.',
      retryable: true,
    });
  const ready = readiness(node);
  if (ready?.status === 'True') return undefined;
  const said = ready?.message === undefined ? '' : `: ${ready.message}`;
  return new StowageError('NodeNotReady', `node ${JSON.stringify(name)} is not ready${said}`, {
    hint: `kubectl describe node ${name}`,
    retryable: true,
  });
}

function readiness({ status }: Node) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}
