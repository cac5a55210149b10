import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { StowageError, systemCode } from '../../errors.ts';
import { SECRET_FILE } from './places.ts';

/** The Secrets of a build, as they are mounted. */
export interface PushSecrets {
  readonly directory: string;
  /** Those that the version names, in their order; none: there may be one, which need not exist. */
  readonly names: readonly string[];
  /** Namespace of the pod. */
  readonly namespace: string;
}

/**
 * The files with push credentials, the first to look into first.
 * @throws SecretMissing where one that is named is not there; it may be made before the next attempt
 */
export async function credentialFiles(secrets: PushSecrets): Promise<string[]> {
  const { directory, names, namespace } = secrets;
  const files = (names.length > 0 ? names : ['']).map((_, index) =>
    join(directory, String(index), SECRET_FILE),
  );
  const there = await Promise.all(files.map(exists));
  const missing = names.filter((_, index) => there[index] === false);
  if (missing.length > 0) throw secretMissing(missing, namespace);
  return files;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function secretMissing(names: readonly string[], namespace: string): StowageError {
  const [first = ''] = names;
  const what = names.length === 1 ? `the Secret ${first}` : `the Secrets ${names.join(', ')}`;
  return new StowageError(
    'SecretMissing',
    `${what} with push credentials, in namespace ${namespace}, does not exist or has no key .dockerconfigjson`,
    {
      hint: `kubectl -n ${namespace} create secret docker-registry ${first} --docker-server=REGISTRY --docker-username=USER --docker-password=PASSWORD`,
      retryable: true,
    },
  );
}
