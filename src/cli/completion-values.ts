import type { Values } from './completion-walk.ts';

/** What can be completed but is listed in no declaration of the command line: what lies in the state directory. */
export const VALUES: Values = {
  '<kind>': () => Promise.resolve(['models', 'modelversions']),
  '<name>': async ({ operands: [kind = ''], options }) => {
    const [{ parseKind }, { State, stateDirectory }] = await Promise.all([
      import('./kinds.ts'),
      import('../local/state.ts'),
    ]);
    const state = new State(stateDirectory());
    const objects = parseKind(kind) === 'models' ? state.models : state.modelVersions;
    const found = await objects.list(options.get('namespace') ?? 'default');
    return found.map(({ metadata }) => metadata.name);
  },
  '--namespace': async () => {
    const { State, stateDirectory } = await import('../local/state.ts');
    const state = new State(stateDirectory());
    const objects = [...(await state.models.list()), ...(await state.modelVersions.list())];
    return [...new Set(objects.map(({ metadata }) => metadata.namespace ?? 'default'))];
  },
};
