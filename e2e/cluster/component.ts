import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { childrenOf, kill, processId, type ProcessId } from './proc.ts';
import { until } from './until.ts';
import type { Workspace } from './workspace.ts';

/** A program of a cluster and how to see that it works. */
export interface Component {
  /** Also the name of its log. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Looks once whether it can be used. Left out: nobody waits for it alone. */
  readonly ready?: () => Promise<boolean>;
}

/** What a component is started through. */
export interface Launcher {
  readonly prefix: readonly string[];
  /**
   * Set where programs live in a PID namespace: the launcher stays outside as the parent of the program, and all are
   * ended at once from here. To end a launcher alone would leave nobody who waits for its child, and the kernel keeps a
   * namespace until somebody has.
   */
  readonly endAll?: () => Promise<void>;
}

/** A component that has been started. */
export interface Running {
  readonly name: string;
  /** Why it has ended, with the end of its log; undefined while it runs. */
  over(): string | undefined;
  /** The program itself, as this machine numbers it. */
  process(): ProcessId;
  /** To what was launched: the launcher, where that stays. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it can be used. @throws Error with the end of its log when it ends first or takes too long */
  whenReady(timeoutMs: number): Promise<void>;
}

/** The kernel ends the program when the thread that started it ends, however that happened (prctl(2), PR_SET_PDEATHSIG). */
export const TIED_TO_US: Launcher = { prefix: ['setpriv', '--pdeathsig', 'KILL', '--'] };

/** Where a distribution puts programs. Nothing else of this process's environment, such as a proxy, gets in. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const TAIL_LINES = 25;

/** @param onEnd told why it has ended, as soon as it has */
export function startComponent(
  component: Component,
  workspace: Workspace,
  launcher: Launcher,
  onEnd: (why: string) => void,
): Running {
  const { name } = component;
  const log = workspace.path('logs', `${name}.log`);
  const child = spawnLogged(component, workspace, [...launcher.prefix, ...component.command], log);
  let over: string | undefined;
  void howItEnds(child).then((how) => {
    over = `${name} has ended (${how})${tailOf(log)}`;
    onEnd(over);
  });
  const launched = child.pid === undefined ? undefined : processId(child.pid);
  if (launched !== undefined) workspace.note(launched);
  return {
    name,
    over: () => over,
    signal: (signal) => launched !== undefined && kill(launched, signal),
    process() {
      if (launched === undefined) throw new Error(`${name} did not start`);
      return launcher.endAll === undefined ? launched : onlyChild(launched.pid);
    },
    async whenReady(timeoutMs) {
      const look = async (): Promise<boolean> => over !== undefined || (await component.ready?.()) !== false;
      await until({ what: `${name} is ready`, timeoutMs }, look).catch((cause: unknown) => {
        throw new Error(`${String(cause)}${tailOf(log)}`, { cause });
      });
      if (over !== undefined) throw new Error(over);
    },
  };
}

/** Detached: Ctrl-C in a terminal goes to the test runner alone, which then ends everything in order. */
function spawnLogged(
  { env }: Component,
  workspace: Workspace,
  [program = '', ...args]: readonly string[],
  log: string,
): ChildProcess {
  const descriptor = openSync(log, 'a');
  try {
    return spawn(program, args, {
      cwd: workspace.directory,
      detached: true,
      env: { PATH: SYSTEM_PATH, HOME: workspace.directory, ...env },
      stdio: ['ignore', descriptor, descriptor],
    });
  } finally {
    closeSync(descriptor);
  }
}

async function howItEnds(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal ?? `exit code ${String(code)}`;
  } catch (error) {
    return String(error);
  }
}

function onlyChild(pid: number): ProcessId {
  const [child] = childrenOf(pid);
  if (child === undefined) throw new Error(`process ${pid} has no child`);
  return processId(child);
}

function tailOf(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
  return `; the end of ${log}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
