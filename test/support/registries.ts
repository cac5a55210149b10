import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { tool } from './tools.ts';

const LOOPBACK = '127.0.0.1';

/** A registry that runs as a process of its own. */
export interface RunningRegistry {
  /** `127.0.0.1:12345` */
  readonly host: string;
  /** Where its files lie, if it has any. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** What `startDistribution({ auth: true })` lets in. */
export const LOGIN = { username: 'ann', password: 'correct horse' };
/** bcrypt of LOGIN's password with the least cost, as `htpasswd -B` writes it; distribution takes nothing else. */
const HTPASSWD = 'ann:$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n';

export interface DistributionOptions {
  /** Whether it asks for LOGIN. */
  readonly auth?: boolean;
  /** Directory that its own is made in. */
  readonly below?: string;
  /** Of this machine. Default: loopback. */
  readonly address?: string;
  /** With it TLS is spoken. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** The CNCF's registry, with its files in a directory of its own. Needs the tool "distribution-registry". */
export async function startDistribution({
  auth = false,
  below = tmpdir(),
  address = LOOPBACK,
  tls,
}: DistributionOptions = {}): Promise<RunningRegistry> {
  const directory = await mkdtemp(join(below, 'stowage-distribution-'));
  const htpasswd = join(directory, 'htpasswd');
  await mkdir(join(directory, 'data'));
  await writeFile(htpasswd, HTPASSWD);
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: {
      addr: `${address}:0`,
      ...(tls === undefined ? {} : { tls: { certificate: tls.certFile, key: tls.keyFile } }),
    },
    ...(auth ? { auth: { htpasswd: { realm: 'stowage', path: htpasswd } } } : {}),
  };
  const file = join(directory, 'config.json');
  await writeFile(file, JSON.stringify(config)); // JSON is YAML
  const child = start('distribution-registry', ['serve', file], directory);
  return running(child, directory, /listening on [\d.]+:(\d+)/, address);
}

/**
 * go-containerregistry's registry, which keeps everything in memory. Needs the tool "ggcr-registry"; with a list of
 * referrers "ggcr-referrers".
 */
export async function startGgcrRegistry({ referrers = false } = {}): Promise<RunningRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-ggcr-'));
  const child = referrers
    ? start('ggcr-referrers', [], directory)
    : start('ggcr-registry', ['-port', '0'], directory);
  return running(child, directory, /serving on port (\d+)/, LOOPBACK);
}

function start(name: string, args: readonly string[], directory: string): ChildProcess {
  const env = { PATH: process.env.PATH, HOME: directory, OTEL_TRACES_EXPORTER: 'none' };
  return spawn(tool(name), args, { cwd: directory, env, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Both registries log the port that port 0 has become; from then on connections are taken. */
async function running(
  child: ChildProcess,
  directory: string,
  listening: RegExp,
  address: string,
): Promise<RunningRegistry> {
  const exited = once(child, 'exit');
  const port = await portFrom(child, listening);
  return {
    host: `${address}:${port}`,
    directory,
    async stop() {
      child.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function portFrom(child: ChildProcess, listening: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said: string[] = [];
  if (child.stderr === null) throw new Error('the registry has no stderr');
  createInterface({ input: child.stderr }).on('line', (line) => {
    const port = listening.exec(line)?.[1];
    if (port !== undefined) resolve(port);
    if (said.push(line) > 100) said.shift();
  });
  child.on('error', reject);
  child.on('exit', (code) =>
    reject(new Error(`the registry ended with ${String(code)}:\n${said.join('\n')}`)),
  );
  return promise;
}
