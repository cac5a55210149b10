import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { ERROR_CODES } from '../../errors.ts';

export type BuildResult = 'succeeded' | 'failed' | 'cancelled';
export type BuildPhase = 'queued' | 'storage' | 'build';
export type BytesKind = 'source' | 'read' | 'sent' | 'reused';

export interface BuildMetrics {
  /** @param reason an error code; undefined where nothing failed */
  buildFinished(result: BuildResult, reason?: string): void;
  attemptStarted(): void;
  phaseEnded(phase: BuildPhase, seconds: number): void;
  bytes(kind: BytesKind, bytes: number): void;
  turns(running: number, waiting: number): void;
  volumesSwept(count: number): void;
}

const RESULTS: readonly BuildResult[] = ['succeeded', 'failed', 'cancelled'];
const KINDS: readonly BytesKind[] = ['source', 'read', 'sent', 'reused'];

/** From a small model on an idle cluster to the longest build that is allowed by default. Seconds. */
const PHASE_BUCKETS = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400];

export function buildMetrics(registry: Registry): BuildMetrics {
  const registers = [registry];
  const finished = new Counter({
    name: 'stowage_builds_finished_total',
    help: 'Builds that have ended, by result and by reason: an error code, None or Other.',
    labelNames: ['result', 'reason'],
    registers,
  });
  const attempts = new Counter({
    name: 'stowage_build_attempts_total',
    help: 'Attempts at a build that were started.',
    registers,
  });
  const phases = new Histogram({
    name: 'stowage_build_phase_duration_seconds',
    help: 'How long each phase of a build took.',
    labelNames: ['phase'],
    buckets: PHASE_BUCKETS,
    registers,
  });
  const { bytes, running, waiting, swept } = amounts(registry);
  // A rate over a counter that is not there yet misses its first step.
  for (const result of RESULTS) finished.inc({ result, reason: 'None' }, 0);
  for (const kind of KINDS) bytes.inc({ kind }, 0);
  return {
    buildFinished: (result, reason) => finished.inc({ result, reason: bounded(reason) }),
    attemptStarted: () => attempts.inc(),
    phaseEnded: (phase, seconds) => phases.observe({ phase }, seconds),
    bytes: (kind, count) => bytes.inc({ kind }, count),
    turns: (now, later) => {
      running.set(now);
      waiting.set(later);
    },
    volumesSwept: (count) => swept.inc(count),
  };
}

function amounts(registry: Registry) {
  const registers = [registry];
  return {
    bytes: new Counter({
      name: 'stowage_build_bytes_total',
      help: 'Bytes of builds that succeeded: of the source, read from it, sent to the registry, and of layers that were there already.',
      labelNames: ['kind'],
      registers,
    }),
    running: new Gauge({ name: 'stowage_builds_running', help: 'Builds that run now.', registers }),
    waiting: new Gauge({
      name: 'stowage_builds_waiting',
      help: 'Builds that wait for their turn.',
      registers,
    }),
    swept: new Counter({
      name: 'stowage_orphaned_volumes_removed_total',
      help: 'PersistentVolumes that were removed because their ModelVersion is gone.',
      registers,
    }),
  };
}

/** A label with a value of its own for each text would grow without end. */
function bounded(reason: string | undefined): string {
  if (reason === undefined) return 'None';
  return Object.hasOwn(ERROR_CODES, reason) ? reason : 'Other';
}
