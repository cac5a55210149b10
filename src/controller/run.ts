import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { GROUP } from '../api/group.ts';
import { CONTROLLER_NAME } from '../api/installation.ts';
import { asStowageError, StowageError } from '../errors.ts';
import { ApiClient } from '../kube/api-client.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { findCluster } from '../kube/kubeconfig.ts';
import { leadWhile } from '../kube/leader-election.ts';
import { Transport } from '../kube/transport.ts';
import type { Log } from '../telemetry/log.ts';
import { openMetrics, type Metrics } from '../telemetry/metrics.ts';
import { Controller } from './controller.ts';
import { startHttpServer } from './http-server.ts';
import { loadSettings } from './load-settings.ts';
import { observe } from './observe.ts';

/**
 * Requests a second, and at once after a pause. A build takes some 30 in all; API servers protect themselves by
 * priority and fairness.
 */
const RATE_LIMIT = { perSecond: 100, burst: 300 };
/** What events name as who reports them. */
const REPORTER = `${GROUP}/${CONTROLLER_NAME}`;
/** Milliseconds for events that wait to be written when it ends. */
const EVENTS_MS = 3_000;

export interface ControllerCall {
  readonly settingsFile: string;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Where the Lease is; default: the namespace that this process runs in, or the context's. */
  readonly leaseNamespace: string | undefined;
  /** By which the leader is known. Of a pod it stays the same when its container is started again: it leads on at once. */
  readonly identity: string | undefined;
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  readonly port: number;
  readonly userAgent: string;
}

/**
 * Runs the controller until told to stop: follows the cluster, leads when it is its turn, answers on its port.
 * @throws UsageInvalid, KubeconfigInvalid; ClusterFailed when leadership was lost, after which a new process is best
 */
export async function runController(call: ControllerCall, log: Log, stop: AbortSignal): Promise<void> {
  const { settings, authorities } = await loadSettings(call.settingsFile);
  const cluster = await findCluster({ env: process.env, kubeconfig: call.kubeconfig, context: call.context });
  const transport = new Transport(cluster, call.userAgent);
  const metrics = openMetrics();
  const api = new ApiClient(transport, {
    fieldManager: CONTROLLER_NAME,
    rateLimit: RATE_LIMIT,
    onRequest: metrics.apiRequest,
  });
  const identity = call.identity ?? process.env['POD_NAME'] ?? `${hostname()}-${randomUUID()}`;
  const events = new EventRecorder({
    api: new ApiClient(transport, { fieldManager: CONTROLLER_NAME, onRequest: metrics.apiRequest }),
    reporter: { controller: REPORTER, instance: identity },
    onTrouble: (error) => log.warn('an event was not written', { error }),
  });
  const controller = new Controller({
    ...{ api, settings, authorities, events },
    observer: observe(log, metrics),
  });
  const server = await startHttpServer(
    { host: call.host, port: call.port },
    { isReady: () => controller.hasSynced, metrics: () => metrics.text() },
  );
  log.info('listening', { address: server.address, cluster: cluster.name });
  const ended = new AbortController();
  const following = controller.follow(ended.signal);
  try {
    const lease = { namespace: call.leaseNamespace ?? cluster.namespace, name: CONTROLLER_NAME };
    await lead({ controller, transport, lease, identity, log, metrics }, stop);
  } finally {
    ended.abort();
    await following;
    await events.close(EVENTS_MS);
    await server.close();
    await transport.close();
  }
}

interface Leading {
  readonly controller: Controller;
  readonly transport: Transport;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly identity: string;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'leading' | 'apiRequest'>;
}

async function lead(
  { controller, transport, lease, identity, log, metrics }: Leading,
  stop: AbortSignal,
): Promise<void> {
  const end = await leadWhile(
    {
      // With a rate limit of its own: a renewal that waits behind other requests is leadership lost.
      api: new ApiClient(transport, { fieldManager: CONTROLLER_NAME, onRequest: metrics.apiRequest }),
      lease,
      identity,
      onLeader: (leader) => log.info('leader', { leader, self: leader === identity }),
      onTrouble: (error) => log.warn('lease', { error }),
    },
    async (leading) => {
      log.info('leading');
      metrics.leading(true);
      try {
        await controller.lead(AbortSignal.any([leading, stop]));
      } finally {
        metrics.leading(false);
      }
    },
    stop,
  ).catch((error: unknown) => {
    throw asStowageError(error);
  });
  if (end === 'lost')
    throw new StowageError('ClusterFailed', 'leadership was lost: another process leads now', {
      retryable: true,
    });
  log.info('stopped');
}
