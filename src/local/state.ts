import { homedir } from 'node:os';
import { join } from 'node:path';
import { Model } from '../api/model.ts';
import { Objects } from './objects.ts';
import { StoredVersion } from './stored-version.ts';

/**
 * Where this machine keeps Models and ModelVersions with their status: STOWAGE_STATE, else `stowage` in the XDG state
 * directory (XDG Base Directory Specification, 0.8).
 */
export function stateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment['STOWAGE_STATE']) return environment['STOWAGE_STATE'];
  const state = environment['XDG_STATE_HOME'];
  // The specification says that a relative path there is to be ignored.
  return join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'stowage');
}

/** The objects of one machine. */
export class State {
  readonly models: Objects<Model>;
  readonly modelVersions: Objects<StoredVersion>;

  constructor(directory: string) {
    this.models = new Objects(directory, 'models', Model);
    this.modelVersions = new Objects(directory, 'modelversions', StoredVersion);
  }
}
