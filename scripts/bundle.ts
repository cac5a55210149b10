/**
 * Puts the program with all that it uses into one directory that needs nothing but Node 24: what the image ships.
 * usage: node scripts/bundle.ts [DIRECTORY]   (default: dist; its content is replaced)
 */
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

/** Packages that are CommonJS ask for Node's own modules by `require`, which a module does not have. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Splitting keeps what a verb imports when it runs in files of its own: a builder pod loads the engine and nothing of
 * the controller. Names stay as they are, so that the stack of a defect can be read.
 */
export async function bundle(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: { stowage: 'src/cli/main.ts' },
    outdir: directory,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: { js: REQUIRE },
    legalComments: 'eof',
    logLevel: 'warning',
  });
  const { name, version, license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  // For Node.js, which takes the files for modules by it, and for `stowage version`.
  const manifest = { name, version, license, type: 'module' };
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(ROOT, 'LICENSE'), join(directory, 'LICENSE'));
}

if (import.meta.main) await bundle(resolve(process.argv[2] ?? join(ROOT, 'dist')));
