/**
 * Scans a directory as a user that may not read everything, and prints what came of it. Tests run as root in
 * containers, and root may read all: a process of its own gives the right up.
 */
import { scanArtifact } from '../../src/artifact/scan.ts';
import { asStowageError } from '../../src/errors.ts';

const NOBODY = 65534;

if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
const result = await scanArtifact(process.argv[2] ?? '').then(
  ({ files }) => ({ files: files.length }),
  (error: unknown) => {
    const { code, message, hint } = asStowageError(error);
    return { code, message, hint };
  },
);
process.stdout.write(JSON.stringify({ uid: process.getuid?.(), ...result }));
