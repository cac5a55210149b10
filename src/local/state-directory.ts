import { homedir } from 'node:os';
import { join } from 'node:path';

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
