import { StowageError } from '../errors.ts';
import type { Node } from '../kube/core.ts';
import type { ClusterStorage } from '../storage/kinds.ts';
import type { Observed } from './observed.ts';
import { claimTrouble, driverTrouble } from './reach.ts';

/** What keeps a build from going on: something that must be known first, a failure, a refusal, or somebody else. */
export type Obstacle =
  | { readonly look: 'node' | 'verdict' | 'driver' | 'claim' }
  | { readonly failure: StowageError }
  | { readonly refusal: StowageError }
  | { readonly standby: StowageError };

/**
 * Whether the storage can be reached, and may be read.
 * @throws DeclarationInvalid where the declaration lacks what a cluster needs
 */
export function obstacleFor(storage: ClusterStorage, seen: Observed): Obstacle | undefined {
  const nodeName = storage.by === 'volume' ? storage.nodeName() : undefined;
  if (nodeName !== undefined && seen.node === undefined) return { look: 'node' };
  const failure = nodeTrouble(nodeName, seen.node);
  if (failure !== undefined) return { failure };
  if (seen.verdict === undefined) return { look: 'verdict' };
  if (seen.verdict.allowed) return reachObstacle(storage, seen);
  const { message, hint } = seen.verdict;
  return { refusal: new StowageError('PolicyDenied', message, { hint }) };
}

/** Looked at only where it is allowed: nobody learns of what is not theirs. */
function reachObstacle(storage: ClusterStorage, { driver, claim }: Observed): Obstacle | undefined {
  if (storage.by === 'claim') {
    if (claim === undefined) return { look: 'claim' };
    return asObstacle(claimTrouble(storage, claim));
  }
  if (storage.driver === undefined) return undefined;
  if (driver === undefined) return { look: 'driver' };
  return asObstacle(driverTrouble(storage.driver, driver));
}

function asObstacle(trouble: StowageError | undefined): Obstacle | undefined {
  if (trouble === undefined) return undefined;
  if (trouble.code === 'PolicyDenied') return { refusal: trouble };
  // Training may take days, and has done nothing wrong.
  return trouble.code === 'ClaimInUse' ? { standby: trouble } : { failure: trouble };
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
