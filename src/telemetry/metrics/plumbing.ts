import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** A work queue says what happens in it. Seconds. */
export interface QueueMetrics {
  depth(keys: number): void;
  taken(waited: number): void;
  done(worked: number): void;
  retried(): void;
}

/** One exchange with the API server; status 0: there was no answer. */
export interface ApiSample {
  readonly verb: string;
  readonly resource: string;
  readonly status: number;
  readonly seconds: number;
}

export interface PlumbingMetrics {
  queue(name: string): QueueMetrics;
  readonly apiRequest: (sample: ApiSample) => void;
  reconciled(name: string, seconds: number, failed: boolean): void;
  leading(is: boolean): void;
}

/** A reconcile or an API call: from a cache's answer to a server that is slow. Seconds. */
const CALL_BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
/** What waits in a queue may wait for a long time. Seconds. */
const WAIT_BUCKETS = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60, 300];

export function plumbingMetrics(registry: Registry): PlumbingMetrics {
  const leader = new Gauge({
    name: 'stowage_leader',
    help: '1 while this replica leads, else 0.',
    registers: [registry],
  });
  return {
    queue: queueMetrics(registry),
    apiRequest: apiMetrics(registry),
    reconciled: reconcileMetrics(registry),
    leading: (is) => leader.set(is ? 1 : 0),
  };
}

function queueMetrics(registry: Registry): PlumbingMetrics['queue'] {
  const labelNames = ['queue'] as const;
  const common = { labelNames, registers: [registry] };
  const depth = new Gauge({
    ...common,
    name: 'stowage_queue_depth',
    help: 'Objects that wait for a worker.',
  });
  const waited = new Histogram({
    ...common,
    name: 'stowage_queue_wait_seconds',
    help: 'How long objects waited for a worker.',
    buckets: WAIT_BUCKETS,
  });
  const worked = new Histogram({
    ...common,
    name: 'stowage_queue_work_seconds',
    help: 'How long a worker had an object.',
    buckets: CALL_BUCKETS,
  });
  const retries = new Counter({
    ...common,
    name: 'stowage_queue_retries_total',
    help: 'Objects that failed and were put back.',
  });
  return (queue) => ({
    depth: (keys) => depth.set({ queue }, keys),
    taken: (seconds) => waited.observe({ queue }, seconds),
    done: (seconds) => worked.observe({ queue }, seconds),
    retried: () => retries.inc({ queue }),
  });
}

function apiMetrics(registry: Registry): PlumbingMetrics['apiRequest'] {
  const calls = new Counter({
    name: 'stowage_api_calls_total',
    help: 'Requests to the API server, by verb, resource and status of the answer; none: there was no answer.',
    labelNames: ['verb', 'resource', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'stowage_api_call_duration_seconds',
    help: 'Until the API server began to answer.',
    labelNames: ['verb', 'resource'],
    buckets: CALL_BUCKETS,
    registers: [registry],
  });
  return ({ verb, resource, status, seconds }) => {
    const code = status === 0 ? 'none' : String(status);
    calls.inc({ verb, resource, code });
    durations.observe({ verb, resource }, seconds);
  };
}

function reconcileMetrics(registry: Registry): PlumbingMetrics['reconciled'] {
  const durations = new Histogram({
    name: 'stowage_reconcile_duration_seconds',
    help: 'How long it took to bring one object closer to what it says, by kind and result.',
    labelNames: ['kind', 'result'],
    buckets: CALL_BUCKETS,
    registers: [registry],
  });
  return (kind, seconds, failed) =>
    durations.observe({ kind, result: failed ? 'failed' : 'succeeded' }, seconds);
}
