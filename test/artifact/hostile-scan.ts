/** Scans a directory and prints what it cost. A process of its own, because memory that was once used does not go down. */
import { scanArtifact } from '../../src/artifact/scan.ts';
import { asStowageError } from '../../src/errors.ts';

const peak = (): number => process.resourceUsage().maxRSS * 1024;

const [memory, cpu] = [peak(), process.cpuUsage()];
const code = await scanArtifact(process.argv[2] ?? '').then(
  () => undefined,
  (error: unknown) => asStowageError(error).code,
);
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(JSON.stringify({ code, bytes: peak() - memory, milliseconds: (user + system) / 1000 }));
