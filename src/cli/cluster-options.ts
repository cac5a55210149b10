import { type Command, Option } from 'commander';
import type { Remote } from '../cluster/connect.ts';
import { StowageError } from '../errors.ts';
import { shellWord } from '../telemetry/shell-word.ts';
import { interruptible } from './interrupt.ts';
import { addNamespace, type NamespaceOption } from './kinds.ts';

/** The options of every verb that works on a cluster. */
export interface ClusterOptions extends NamespaceOption {
  readonly kube?: boolean;
  readonly context?: string;
  readonly kubeconfig?: string;
}

export function addCluster(command: Command): Command {
  return addNamespace(command)
    .option(
      '--kube',
      "work on the cluster of the kubeconfig's current context, or on the one around this pod",
    )
    .option('--context <name>', 'work on the cluster of another context of the kubeconfig')
    .addOption(
      new Option('--kubeconfig <file>', 'work on the cluster of this kubeconfig (default: $KUBECONFIG)'),
    );
}

export function asksForCluster({ kube, context, kubeconfig }: ClusterOptions): boolean {
  return kube === true || context !== undefined || kubeconfig !== undefined;
}

/** For verbs that a machine alone has no use for. @throws UsageInvalid */
export function requireCluster(options: ClusterOptions, verb: string, instead: string): void {
  if (asksForCluster(options)) return;
  throw new StowageError('UsageInvalid', `${verb} works on a cluster, and none is named`, {
    hint: `Add --kube, or --context NAME. ${instead}`,
  });
}

/** A cluster that is spoken to. */
export interface Session {
  /** With the namespace that was asked for, else that of the context. */
  readonly remote: Remote;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A command line of ours that reaches an object of this namespace in this cluster. */
  readonly suggest: (command: string, namespace?: string) => string;
}

/** Works on the cluster that the options name. @throws KubeconfigInvalid, and what `work` throws */
export async function onCluster<T>(
  options: ClusterOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { connected } = await import('../cluster/connect.ts');
  const { context, kubeconfig, namespace } = options;
  const terminal = process.stdin.isTTY;
  return interruptible((signal) =>
    connected({ env: process.env, context, kubeconfig, terminal }, (remote) => {
      const here = namespace === undefined ? remote : { ...remote, namespace };
      const suggest = (command: string, of = here.namespace): string =>
        `stowage ${command}${of === remote.namespace ? '' : ` -n ${of}`}${flagsOf(options)}`;
      return work({ remote: here, signal, suggest });
    }),
  );
}

function flagsOf({ context, kubeconfig }: ClusterOptions): string {
  const flags = [
    ...(context === undefined ? [] : ['--context', shellWord(context)]),
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', shellWord(kubeconfig)]),
  ];
  return ` ${flags.length === 0 ? '--kube' : flags.join(' ')}`;
}
