import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./write-part.ts', import.meta.url));

/** Has a process begin to write a blob into a layout and kills it midway, as SIGKILL or a lack of memory does. */
export async function leavePartial(directory: string): Promise<void> {
  const writer = spawn(process.execPath, [SCRIPT, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(writer, 'close');
  const [first] = (await Promise.race([once(writer.stdout, 'data'), closed])) as unknown[];
  writer.kill('SIGKILL');
  await closed;
  if (String(first) !== 'writing\n') throw new Error(`the writer did not write: ${String(first)}`);
}
