import { StowageError } from '../errors.ts';
import {
  authFilePaths,
  bestMatch,
  readAuthFile,
  type AuthEntry,
  type AuthFile,
  type AuthFilePath,
} from './auth-file.ts';
import { askHelper } from './credential-helper.ts';

/** How a user shows who they are: a password, or a token that is exchanged for others (OAuth 2 refresh token). */
export type Secret =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity'; readonly token: string };

export interface Credentials {
  readonly secret: Secret;
  /** Where they were found, for messages: a path, or a helper's name. */
  readonly source: string;
}

/** Where credentials are looked for. */
export interface CredentialPlaces {
  /** Names the files where docker and podman keep a user's credentials, and where their helpers are. */
  readonly env: NodeJS.ProcessEnv;
  /** Files that count instead of a user's, in this order; one that does not exist holds none. */
  readonly files?: readonly string[] | undefined;
}

/**
 * Looks up the credentials for a repository; the first file that has some for its host counts. In each file a helper
 * for the host comes first, then the helper for all hosts, then what the file itself holds.
 * @returns undefined when nobody logged in to this registry.
 * @throws CredentialsUnusable when a file or helper that would decide is broken.
 */
export async function findCredentials(
  host: string,
  repository: string,
  { env, files }: CredentialPlaces,
): Promise<Credentials | undefined> {
  const places = files?.map((path): AuthFilePath => ({ kind: 'own', path })) ?? authFilePaths(env);
  for (const place of places) {
    const file = await readAuthFile(place);
    const found =
      file &&
      ((await fromHelper(file, host, repository, env)) ?? fromFile(file, host, repository, place.path));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function fromHelper(
  file: AuthFile,
  host: string,
  repository: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const helper = bestMatch(file.credHelpers, host, repository) ?? file.credsStore;
  if (helper === undefined || helper === '') return undefined;
  const answer = await askHelper(helper, host, env);
  if (answer === undefined) return undefined;
  const source = `docker-credential-${helper}`;
  return answer.username === '<token>'
    ? { source, secret: { kind: 'identity', token: answer.secret } }
    : { source, secret: { kind: 'password', username: answer.username, password: answer.secret } };
}

function fromFile(file: AuthFile, host: string, repository: string, path: string): Credentials | undefined {
  const entry = bestMatch(file.auths, host, repository);
  const secret = entry && secretOf(entry, path, host);
  return secret && { secret, source: path };
}

/** With a credential store, docker leaves an empty entry behind: that is no credential. */
function secretOf(entry: AuthEntry, path: string, host: string): Secret | undefined {
  if (entry.identitytoken) return { kind: 'identity', token: entry.identitytoken };
  if (entry.username && entry.password)
    return { kind: 'password', username: entry.username, password: entry.password };
  if (!entry.auth) return undefined;
  const decoded = Buffer.from(entry.auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon <= 0) {
    throw new StowageError(
      'CredentialsUnusable',
      `${path} has an entry for ${host} whose "auth" is not user:password in base64`,
      {
        hint: `log in again: docker login ${host}`,
      },
    );
  }
  // docker pads with NUL what it writes.
  return {
    kind: 'password',
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1).replace(/\0+$/, ''),
  };
}
