import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { tool } from '../../../test/support/tools.ts';
import { processesWith } from '../../cluster/proc.ts';
import { until } from '../../cluster/until.ts';

const run = promisify(execFile);

/** The process of the Kaniko that pushes to a repository, once it runs. */
export function kanikoProcess(repository: string): Promise<number> {
  const marks = ['/kaniko/executor', `/${repository}:`];
  return until({ what: 'Kaniko to run', timeoutMs: 60_000 }, () => processesWith(marks)[0]);
}

/**
 * Gives a Kaniko a disk of its own where it writes its layer. The disk lies in memory, and what is on it counts against
 * the container's limit. Kaniko's container has no programs but it, so busybox is laid into it for that.
 * @param size after which it is full, as mount(8) takes it for tmpfs: `20m`
 */
export async function mountDisk(pid: number, size: string): Promise<void> {
  const busybox = '/busybox';
  await copyFile(tool('busybox'), `/proc/${pid}/root${busybox}`);
  const steps = [
    // It has laid it there before it started, and reads it later.
    'cp /kaniko/Dockerfile /kept',
    `mount -t tmpfs -o size=${size} none /kaniko`,
    'cp /kept /kaniko/Dockerfile',
    'rm /kept',
  ];
  const script = steps.map((step) => `${busybox} ${step}`).join(' && ');
  await run('nsenter', ['-t', String(pid), '-m', '-p', busybox, 'sh', '-c', script]);
}
