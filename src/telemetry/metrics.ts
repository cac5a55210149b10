import { collectDefaultMetrics, Registry } from 'prom-client';
import { buildMetrics, type BuildMetrics } from './metrics/builds.ts';
import { plumbingMetrics, type PlumbingMetrics } from './metrics/plumbing.ts';

/** What a controller counts. Labels are bounded: no names of objects. */
export interface Metrics extends BuildMetrics, PlumbingMetrics {
  /** In the text format of Prometheus. */
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

/** @returns counters at zero, with those of the process */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    ...plumbingMetrics(registry),
    ...buildMetrics(registry),
    text: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
