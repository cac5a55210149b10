import { Model } from '../api/model.ts';
import { Objects } from './objects.ts';
import { StoredVersion } from './stored-version.ts';

export { stateDirectory } from './state-directory.ts';

/** The objects of one machine. */
export class State {
  readonly models: Objects<Model>;
  readonly modelVersions: Objects<StoredVersion>;

  constructor(directory: string) {
    this.models = new Objects(directory, 'models', Model);
    this.modelVersions = new Objects(directory, 'modelversions', StoredVersion);
  }
}
