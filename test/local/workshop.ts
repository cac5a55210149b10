import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDeclarations } from '../../src/api/declaration.ts';
import { apply } from '../../src/local/apply.ts';
import type { ApplyContext } from '../../src/local/context.ts';
import type { Outcome } from '../../src/local/outcome.ts';
import { PinFile } from '../../src/local/record-pins.ts';
import { State } from '../../src/local/state.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { tempDir } from '../support/tempdir.ts';

export const never = new AbortController().signal;

export interface Workshop {
  readonly root: string;
  readonly state: State;
  /** Applies declarations as they would stand in a file in the workshop's directory. */
  apply(yaml: string, how?: Partial<ApplyContext>): Promise<Outcome[]>;
}

/** A directory with a model in `model/`, and a state of its own. */
export async function workshop(): Promise<Workshop> {
  const root = await tempDir();
  mkdirSync(join(root, 'model'));
  writeFileSync(join(root, 'model', 'config.json'), '{}');
  const state = new State(join(root, 'state'));
  const context = {
    state,
    host: { hostname: 'worker-7' },
    open: { plainHttp: false },
    progress: () => SILENT,
    pins: new PinFile(join(root, 'state')),
    signal: never,
  };
  return {
    root,
    state,
    apply: (yaml, how = {}) => apply(parseDeclarations(yaml, 'test.yaml', root), { ...context, ...how }),
  };
}

/** A declaration of the version `name` of the model bert, tagged with its name; `more` stands at its spec's end. */
export function version(name: string, more = '', path = './model'): string {
  return `apiVersion: model.kubedl.io/v1alpha1
kind: ModelVersion
metadata: {name: ${name}}
spec:
  modelName: bert
  imageRepo: oci:./images
  imageTag: ${name}
  storage: {localStorage: {path: ${path}}}
${more}`;
}
