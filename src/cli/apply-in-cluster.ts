import { inNamespace } from '../api/in-namespace.ts';
import { StowageError } from '../errors.ts';
import type { ClusterOutcome } from '../cluster/outcome.ts';
import { buildDisplay } from './build-display.ts';
import { onCluster, type ClusterOptions } from './cluster-options.ts';
import type { BuildOptions } from './target-options.ts';
import { limited } from './time-limit.ts';
import type { WaitOption } from './wait-option.ts';

export interface ClusterApplyOptions extends ClusterOptions, BuildOptions, WaitOption {
  readonly filename: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

/** Applies the files to a cluster. @throws UsageInvalid, DeclarationInvalid before anything is sent */
export async function applyInCluster(options: ClusterApplyOptions): Promise<ClusterOutcome[]> {
  refuseRegistryOptions(options);
  const [{ readDeclarations }, { applyToCluster }] = await Promise.all([
    import('../local/read-declarations.ts'),
    import('../cluster/apply.ts'),
  ]);
  return onCluster(options, async ({ remote, signal, suggest }) => {
    const read = await readDeclarations(options.filename, signal, true);
    const declarations = options.namespace === undefined ? read : inNamespace(read, options.namespace);
    const versions = declarations.filter(({ kind }) => kind === 'ModelVersion');
    const display = await buildDisplay(options.progress, versions.length > 1);
    return limited(options.timeout, signal, (inTime) =>
      applyToCluster(declarations, { remote, wait: options.wait, display, suggest, signal: inTime }),
    );
  });
}

/** They would have no effect: builder pods speak to the registry, and the controller's settings say how. */
function refuseRegistryOptions({ plainHttp, caFile }: BuildOptions): void {
  const given = plainHttp === true ? '--plain-http' : caFile === undefined ? undefined : '--ca-file';
  if (given === undefined) return;
  throw new StowageError('UsageInvalid', `${given} is for builds on this machine`, {
    hint: "In a cluster the controller's settings say how its builders reach a registry.",
  });
}
