import { describe, expect, it } from 'vitest';
import { openMetrics, type Metrics } from '../../src/telemetry/metrics.ts';

async function linesAfter(use: (metrics: Metrics) => void): Promise<string[]> {
  const metrics = openMetrics();
  use(metrics);
  return (await metrics.text()).text.split('\n');
}

describe('metrics', () => {
  it.each<[string, (metrics: Metrics) => void]>([
    ['stowage_builds_finished_total{result="succeeded",reason="None"} 0', () => undefined],
    [
      'stowage_builds_finished_total{result="succeeded",reason="None"} 1',
      (metrics) => metrics.buildFinished('succeeded'),
    ],
    [
      'stowage_builds_finished_total{result="failed",reason="OutOfMemory"} 1',
      (metrics) => metrics.buildFinished('failed', 'OutOfMemory'),
    ],
    [
      'stowage_builds_finished_total{result="failed",reason="Other"} 1',
      (metrics) => metrics.buildFinished('failed', 'constructor'),
    ],
    ['stowage_build_attempts_total 1', (metrics) => metrics.attemptStarted()],
    [
      'stowage_build_phase_duration_seconds_bucket{le="2",phase="queued"} 1',
      (metrics) => metrics.phaseEnded('queued', 1.5),
    ],
    ['stowage_build_bytes_total{kind="sent"} 7', (metrics) => metrics.bytes('sent', 7)],
    ['stowage_builds_running 8', (metrics) => metrics.turns(8, 3)],
    ['stowage_builds_waiting 3', (metrics) => metrics.turns(8, 3)],
    ['stowage_orphaned_volumes_removed_total 2', (metrics) => metrics.volumesSwept(2)],
    ['stowage_leader 0', () => undefined],
    ['stowage_leader 1', (metrics) => metrics.leading(true)],
    ['stowage_queue_depth{queue="models"} 4', (metrics) => metrics.queue('models').depth(4)],
    ['stowage_queue_retries_total{queue="models"} 1', (metrics) => metrics.queue('models').retried()],
    ['stowage_queue_wait_seconds_sum{queue="models"} 2', (metrics) => metrics.queue('models').taken(2)],
    ['stowage_queue_work_seconds_sum{queue="models"} 3', (metrics) => metrics.queue('models').done(3)],
    [
      'stowage_api_calls_total{verb="list",resource="pods",code="410"} 1',
      (metrics) => metrics.apiRequest({ verb: 'list', resource: 'pods', status: 410, seconds: 1 }),
    ],
    [
      'stowage_api_calls_total{verb="list",resource="pods",code="none"} 1',
      (metrics) => metrics.apiRequest({ verb: 'list', resource: 'pods', status: 0, seconds: 1 }),
    ],
    [
      'stowage_reconcile_duration_seconds_count{kind="versions",result="failed"} 1',
      (metrics) => metrics.reconciled('versions', 1, true),
    ],
  ])('%s', async (line, use) => {
    expect(await linesAfter(use)).toContain(line);
  });

  it('explain each of ours, in base units', async () => {
    const lines = await linesAfter(() => undefined);
    const ours = lines.filter((line) => line.startsWith('# TYPE stowage_')).map((line) => line.split(' '));
    expect(ours.length).toBeGreaterThan(10);
    for (const [, , name = '', type] of ours) {
      expect(lines.find((line) => line.startsWith(`# HELP ${name} `))).toMatch(/\.$/);
      if (type === 'counter') expect(name).toMatch(/_total$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('have those of the process, and none of another registry', async () => {
    expect(await linesAfter(() => undefined)).toContainEqual(
      expect.stringMatching(/^process_resident_memory_bytes \d+/),
    );
    await linesAfter((metrics) => metrics.attemptStarted());
    expect(await linesAfter(() => undefined)).toContain('stowage_build_attempts_total 0');
  });
});
