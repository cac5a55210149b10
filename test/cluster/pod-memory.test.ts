import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Remote } from '../../src/cluster/connect.ts';
import { watchMemory } from '../../src/cluster/pod-memory.ts';
import { statusOf } from '../../src/kube/api-status.ts';
import { KubeError } from '../../src/kube/kube-error.ts';
import { POD_OBJECT } from './support/pods.ts';
import { KEY } from './support/remote.ts';
import { POD, STATUS, versionWith } from './support/versions.ts';

const NODE = 'worker-7';

/** What the kubelet says of the builder pod and of another, when it is asked for the first time, the second, … */
function summaries(...sizes: (readonly number[])[]): { remote: Remote; asked: string[] } {
  const asked: string[] = [];
  const pod = (name: string, workingSets: readonly number[]) => ({
    podRef: { name, namespace: KEY.namespace },
    containers: workingSets.map((workingSetBytes) => ({ memory: { workingSetBytes } })),
  });
  const api: Partial<Remote['api']> = {
    get: (resource) =>
      Promise.resolve((resource.plural === 'pods' ? POD_OBJECT : versionWith(STATUS.building)) as never),
    nodeSummary: (name) => {
      const [now = []] = sizes.slice(asked.length);
      asked.push(name);
      return Promise.resolve({ pods: [pod(POD, now), pod('other', [9e9])] });
    },
  };
  return { remote: { api: api as Remote['api'], name: 'test', namespace: 'team-a' }, asked };
}

/** Lets it look until it has looked so often. */
async function looked(asked: readonly string[], times: number): Promise<void> {
  while (asked.length < times) await sleep(1);
}

function refused(code: number): KubeError {
  const from = { verb: 'get', what: 'nodes/proxy', host: 'api' };
  return new KubeError(
    from,
    statusOf(
      { kind: 'Status', code, reason: code === 403 ? 'Forbidden' : 'InternalError', message: 'no' },
      code,
    ),
  );
}

describe('what a builder pod has in memory', () => {
  it('is the most that one of its containers had', async () => {
    const { remote, asked } = summaries([5, 100], [300, 7], [20]);
    const watch = watchMemory(remote, KEY, 1);
    await looked(asked, 3);
    expect(await watch.end()).toBe(300);
    expect(new Set(asked)).toEqual(new Set([NODE]));
  });

  it('is not known where the kubelet had not looked', async () => {
    const { remote, asked } = summaries();
    const watch = watchMemory(remote, KEY, 1);
    await looked(asked, 1);
    expect(await watch.end()).toMatch(/before the kubelet had looked/);
  });

  it('is not known to everybody, and nobody is asked twice', async () => {
    const { remote } = summaries();
    let calls = 0;
    const nodeSummary = (): Promise<never> => {
      calls += 1;
      return Promise.reject(refused(403));
    };
    const watch = watchMemory({ ...remote, api: { ...remote.api, nodeSummary } }, KEY, 1);
    while (calls === 0) await sleep(1);
    await sleep(10);
    expect(await watch.end()).toMatch(/nodes\/proxy/);
    expect(calls).toBe(1);
  });

  it('is asked for again where an answer was lost', async () => {
    const { remote, asked } = summaries([5], [6]);
    let first = true;
    const nodeSummary: Remote['api']['nodeSummary'] = (name, signal) => {
      if (!first) return remote.api.nodeSummary(name, signal);
      first = false;
      return Promise.reject(refused(500));
    };
    const watch = watchMemory({ ...remote, api: { ...remote.api, nodeSummary } }, KEY, 1);
    await looked(asked, 2);
    expect(await watch.end()).toBe(6);
  });
});
