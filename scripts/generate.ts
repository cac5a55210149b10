/**
 * Writes what is generated from the sources: the CRDs under deploy/crds.
 * usage, in the root: node scripts/generate.ts [--check]    --check writes nothing and exits 1 where a file is not up to date
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crds, yamlOf } from '../src/api/crd.ts';

// npm runs scripts in the root of the project.
const ROOT = process.cwd();
const HEADER = '# Generated from src/api by "npm run generate". Do not edit.\n';

const generated = crds().map((crd) => ({
  path: `deploy/crds/${crd.spec.group}_${crd.spec.names.plural}.yaml`,
  text: HEADER + yamlOf(crd),
}));

async function differs({ path, text }: { path: string; text: string }): Promise<boolean> {
  return (await readFile(join(ROOT, path), 'utf8').catch(() => undefined)) !== text;
}

for (const file of generated) {
  if (!(await differs(file))) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${file.path} is not what the sources say. Run: npm run generate\n`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(join(ROOT, file.path)), { recursive: true });
    await writeFile(join(ROOT, file.path), file.text);
    process.stdout.write(`${file.path} written\n`);
  }
}
