import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { StowageError, systemCode } from '../errors.ts';
import { DOCKER_HUB } from './reference.ts';

/** Credentials of some hundred hosts have some ten kilobytes. */
const MAX_FILE_BYTES = 1024 * 1024;

const entry = z.object({
  /** Base64 of `username:password`. */
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

const authFile = z.object({
  auths: z.record(z.string(), entry).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

/** What docker's config.json and the auth.json of podman, skopeo and buildah have in common. */
export type AuthFile = z.infer<typeof authFile>;
export type AuthEntry = z.infer<typeof entry>;

/** A place where credentials may be. */
export interface AuthFilePath {
  readonly path: string;
  /**
   * `named`: somebody asked for this very file, so its absence is a mistake. `shared`: it lies below a directory that
   * root's podman may have made for itself alone; who may not look there has no file there.
   */
  readonly kind: 'named' | 'own' | 'shared';
}

/**
 * The files that may hold credentials, first found first taken: the one REGISTRY_AUTH_FILE names, docker's
 * (in DOCKER_CONFIG, else ~/.docker), and those `podman login` writes: containers-auth.json(5), and what that page
 * leaves out, /run/containers/UID where XDG_RUNTIME_DIR is not set, as it is not for root and for cron
 * (https://github.com/containers/buildah/issues/5333).
 */
export function authFilePaths(env: NodeJS.ProcessEnv, uid = process.getuid?.() ?? 0): AuthFilePath[] {
  const home = env.HOME || homedir();
  const named = env.REGISTRY_AUTH_FILE;
  const runtime = env.XDG_RUNTIME_DIR;
  const config = env.XDG_CONFIG_HOME || join(home, '.config');
  return [
    ...(named ? [{ kind: 'named', path: named } as const] : []),
    { kind: 'own', path: join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json') },
    runtime
      ? { kind: 'own', path: join(runtime, 'containers', 'auth.json') }
      : { kind: 'shared', path: `/run/containers/${uid}/auth.json` },
    { kind: 'own', path: join(config, 'containers', 'auth.json') },
  ];
}

/**
 * @returns undefined when there is no such file, and nobody named it.
 * @throws CredentialsUnusable; no part of the file's content is in the message.
 */
export async function readAuthFile({ path, kind }: AuthFilePath): Promise<AuthFile | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > MAX_FILE_BYTES) throw new Error('too large');
    return authFile.parse(JSON.parse(text));
  } catch (error) {
    const system = systemCode(error);
    if (system === 'ENOENT' || system === 'ENOTDIR') {
      if (kind === 'named') throw absent(path);
      return undefined;
    }
    if (system === 'EACCES' && kind === 'shared') return undefined;
    // The parser's own message quotes what it stumbled over, which may be a password.
    throw new StowageError(
      'CredentialsUnusable',
      `${path} ${system === undefined ? 'is not a usable credentials file' : `cannot be read (${system})`}`,
      {
        hint: 'docker login and podman login write such files anew',
      },
    );
  }
}

function absent(path: string): StowageError {
  return new StowageError('CredentialsUnusable', `there is no file ${JSON.stringify(path)}`, {
    hint: 'REGISTRY_AUTH_FILE names it: correct or unset that variable, or log in to have the file written',
  });
}

/**
 * The value for a repository: the longest of `host/path/of/repository`, `host/path/of`, …, `host` that is a key,
 * compared exactly. Keys with a scheme are docker's of old and stand for the whole host.
 */
export function bestMatch<T>(
  entries: Readonly<Record<string, T>> | undefined,
  host: string,
  repository: string,
): T | undefined {
  const byKey = new Map(Object.entries(entries ?? {}).map(([key, value]) => [normalKey(key), value]));
  for (let name = `${host}/${repository}`; ; name = name.slice(0, name.lastIndexOf('/'))) {
    const found = byKey.get(name);
    if (found !== undefined || !name.includes('/')) return found;
  }
}

function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '');
  const [host = '', ...path] = bare.split('/');
  const name = ['docker.io', 'registry-1.docker.io'].includes(host.toLowerCase())
    ? DOCKER_HUB
    : host.toLowerCase();
  const scoped = bare === key && path.length > 0 && path[0] !== '';
  return scoped ? [name, ...path].join('/') : name;
}
