/**
 * Writes a blob into the layout that it is given, says so when a part of it is there, and waits to be killed: no signal
 * that a process can answer leaves what SIGKILL leaves.
 */
import { openLayout } from '../../src/layout/layout.ts';
import { blobSource, someBytes } from './blob-sources.ts';

const source = blobSource(someBytes(200_000, 'never whole'), {
  beforeChunk: async (given) => {
    if (given < 100_000) return;
    process.stdout.write('writing\n');
    setInterval(() => undefined, 60_000);
    await new Promise(() => undefined);
  },
});
await openLayout(process.argv[2] ?? '').writeBlob(source, { signal: new AbortController().signal });
