import type { Typed } from './completion-line.ts';
import type { Values } from './completion-walk.ts';
import { DEFAULT_NAMESPACE, type Kind, onMachine, parseKind } from './kinds.ts';

/** What can be completed but is listed in no declaration of the command line: what the state directory or a cluster holds. */
export const VALUES: Values = {
  '<kind>': (typed) =>
    Promise.resolve(['models', 'modelversions', ...(isOnCluster(typed) ? ['storagepolicies'] : [])]),
  '<name>': (typed) => names(parseKind(typed.operands[0] ?? ''), typed),
  '<version>': (typed) => (isOnCluster(typed) ? names('modelversions', typed) : Promise.resolve([])),
  '--namespace': async (typed) => {
    if (isOnCluster(typed)) {
      const { namespaceNames } = await import('../cluster/names.ts');
      return namespaceNames(choiceOf(typed));
    }
    const { State, stateDirectory } = await import('../local/state.ts');
    const state = new State(stateDirectory());
    const objects = [...(await state.models.list()), ...(await state.modelVersions.list())];
    return [...new Set(objects.map(({ metadata }) => metadata.namespace ?? DEFAULT_NAMESPACE))];
  },
};

async function names(kind: Kind, typed: Typed): Promise<readonly string[]> {
  const namespace = typed.options.get('namespace');
  if (isOnCluster(typed)) {
    const { objectNames } = await import('../cluster/names.ts');
    return objectNames(choiceOf(typed), kind, namespace);
  }
  const local = onMachine(kind);
  const { State, stateDirectory } = await import('../local/state.ts');
  const state = new State(stateDirectory());
  const objects = local === 'models' ? state.models : state.modelVersions;
  return (await objects.list(namespace ?? DEFAULT_NAMESPACE)).map(({ metadata }) => metadata.name);
}

function isOnCluster({ options }: Typed): boolean {
  return ['kube', 'context', 'kubeconfig'].some((name) => options.has(name));
}

function choiceOf({ options }: Typed): {
  env: NodeJS.ProcessEnv;
  context: string | undefined;
  kubeconfig: string | undefined;
} {
  return { env: process.env, context: options.get('context'), kubeconfig: options.get('kubeconfig') };
}
