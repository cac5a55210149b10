/**
 * Reads an auth file as a user that may not look into its directory, and prints what came of it. Root may look
 * anywhere, and tests run as root in containers: a process of its own gives the right up.
 * usage: read-auth-as-nobody.ts shared|own PATH
 */
import { asStowageError } from '../../src/errors.ts';
import { readAuthFile } from '../../src/registry/auth-file.ts';

const NOBODY = 65534;

if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
const [kind, path = ''] = process.argv.slice(2);
const result = await readAuthFile({ kind: kind === 'own' ? 'own' : 'shared', path }).then(
  (file) => (file === undefined ? 'no file' : 'a file'),
  (error: unknown) => asStowageError(error).code,
);
process.stdout.write(result);
