import { startComponent, type Component, type Launcher, type Running } from './component.ts';
import { say } from './say.ts';
import { until } from './until.ts';
import type { Workspace } from './workspace.ts';

/** The components of one cluster. */
export interface ProcessGroup {
  start(component: Component): Running;
  /** Ends all of them. Whatever is in their directories is lost, so none gets time to say goodbye. */
  stop(): Promise<void>;
}

const STOP_MS = 20_000;

/** One that ends before `stop` is reported on stderr with the end of its log. */
export function processGroup(workspace: Workspace, launcher: Launcher): ProcessGroup {
  const running: Running[] = [];
  let stopping = false;
  return {
    start(component) {
      const started = startComponent(component, workspace, launcher, (why) => {
        if (!stopping) say(why);
      });
      running.push(started);
      return started;
    },
    async stop() {
      stopping = true;
      // A launcher that is stopped, as its child was, would not see that its child has ended.
      for (const each of running) each.signal('SIGCONT');
      await launcher.endAll?.();
      // The API server hangs for minutes when etcd goes first.
      for (const each of running.reverse()) {
        if (launcher.endAll === undefined) each.signal('SIGKILL');
        const what = `the end of ${each.name}`;
        await until({ what, timeoutMs: STOP_MS }, () => each.over() !== undefined);
      }
    },
  };
}
