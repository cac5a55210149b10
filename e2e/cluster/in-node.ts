import { enter } from './box.ts';
import type { LocalNode } from './cluster.ts';
import { startComponent, type Component } from './component.ts';
import { kill, type ProcessId } from './proc.ts';
import { say } from './say.ts';
import { until } from './until.ts';
import { openWorkspace } from './workspace.ts';

/** A program that a test has added to a node. */
export interface AddedProgram {
  process(): ProcessId;
  isRunning(): boolean;
  /** Kills it, and comes back when it has ended. */
  end(): Promise<void>;
}

const READY_MS = 30_000;
const END_MS = 20_000;

/**
 * Starts a program inside the node, and comes back when it is ready. It ends with the node, also when this process has
 * ended before: nsenter, which stays outside, waits for it (see `Launcher`).
 * @throws Error with the end of its log when it does not become ready
 */
export async function startInNode(node: LocalNode, component: Component): Promise<AddedProgram> {
  let wanted = true;
  const launcher = { prefix: enter(node.init), endAll: () => Promise.resolve() };
  const running = startComponent(component, openWorkspace(node.directory), launcher, (why) => {
    if (wanted) say(why);
  });
  const program: AddedProgram = {
    process: () => running.process(),
    isRunning: () => running.over() === undefined,
    async end() {
      wanted = false;
      if (running.over() !== undefined) return;
      kill(running.process());
      // One that was stopped may have stopped nsenter too.
      running.signal('SIGCONT');
      const what = `the end of ${component.name}`;
      await until({ what, timeoutMs: END_MS }, () => running.over() !== undefined);
    },
  };
  try {
    await running.whenReady(READY_MS);
    return program;
  } catch (error) {
    await program.end();
    throw error;
  }
}
