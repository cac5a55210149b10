import { systemCode } from '../errors.ts';

/** For what may not be there, or not any more, as in `lstat(path).catch(unlessGone)`: undefined then. @throws all else */
export function unlessGone(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
