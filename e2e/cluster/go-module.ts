import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../../src/files/lock.ts';
import { run } from './run.ts';
import { seconds } from './say.ts';

/** A Go module whose go.mod pins others' programs, and how they are built from it. */
export interface GoModule {
  /** For people: what is built. */
  readonly title: string;
  /** Where its go.mod lies. */
  readonly directory: string;
  /** Import paths of the programs; each gets its last part as its name. */
  readonly packages: readonly string[];
  /** More arguments of `go build`. */
  readonly flags: readonly string[];
  /** Other names of a program, as name → program. */
  readonly links: Readonly<Record<string, string>>;
}

export interface BuildOptions {
  /** Where finished builds are kept. */
  readonly cache: string;
  /** Kubernetes takes 6 minutes on 2 cores from nothing; an hour is a machine that will not manage. */
  readonly timeoutMs?: number;
  readonly say: (line: string) => void;
}

const TIMEOUT_MS = 60 * 60_000;
const PROGRESS_MS = 15_000;

/**
 * The directory with a module's programs, built now if no build of the same inputs is there. A build is made beside its
 * place and moved there when it is whole, so that one that was interrupted never counts. Of several processes that want
 * the same build one makes it and the others wait.
 */
export async function programsOf(module: GoModule, options: BuildOptions): Promise<string> {
  const name = `${module.title.toLowerCase()}-${await keyOf(module)}`;
  const place = join(options.cache, name);
  if (existsSync(place)) return place;
  await mkdir(options.cache, { recursive: true });
  const waitMs = options.timeoutMs ?? TIMEOUT_MS;
  await withLock(`${place}.lock`, { waitMs, what: `the build of ${module.title}` }, async () => {
    if (existsSync(place)) return;
    const work = await mkdtemp(`${place}.part-`);
    try {
      await build(module, work, options);
      await chmod(work, 0o755); // a temporary directory is its maker's alone; others may run these
      await rename(work, place);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return place;
}

/** Equal for equal inputs: the module's own files, the arguments, the compiler and what it compiles for. */
async function keyOf(module: GoModule): Promise<string> {
  const hash = createHash('sha256');
  hash.update(await run('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { cwd: module.directory }));
  hash.update(JSON.stringify([module.packages, module.flags, module.links]));
  for (const name of (await readdir(module.directory)).sort()) {
    if (/^go\.(mod|sum)$|\.go$/.test(name)) {
      hash.update(`\0${name}\0`).update(await readFile(join(module.directory, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function build(module: GoModule, into: string, options: BuildOptions): Promise<void> {
  const started = Date.now();
  const took = (): string => seconds(Date.now() - started);
  options.say(`building ${module.title} (once; kept in ${options.cache})`);
  const progress = setInterval(() => options.say(`building ${module.title}: ${took()}`), PROGRESS_MS);
  try {
    await goBuild(module, into, options.timeoutMs ?? TIMEOUT_MS);
  } finally {
    clearInterval(progress);
  }
  for (const [name, program] of Object.entries(module.links)) await symlink(program, join(into, name));
  options.say(`built ${module.title} in ${took()}`);
}

async function goBuild(module: GoModule, into: string, timeoutMs: number): Promise<void> {
  const fixed = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', `${into}/`];
  const child = spawn('go', [...fixed, ...module.flags, ...module.packages], {
    cwd: module.directory,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGINT', // `go` ends its compilers on it
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-8192)));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return;
  const why =
    signal === null ? `exit code ${String(code)}` : `ended by ${signal} after ${seconds(timeoutMs)}`;
  throw new Error(`go build of ${module.title}: ${why}\n${said}`);
}
