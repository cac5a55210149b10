import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { LEASES } from '../../../src/kube/builtin.ts';
import { until } from '../support/until.ts';
import type { Stage } from './stage.ts';

const SCRIPT = fileURLToPath(new URL('./leader-process.ts', import.meta.url));

export function election(stage: () => Stage): void {
  it('among three processes survives the death of the leader, and a leader that leaves hands over', async () => {
    const { api, namespace } = await stage().start();
    const crew = ['a', 'b', 'c'].map(
      (identity) => new Process(stage().plane.kubeconfig, namespace, identity),
    );
    onTestFinished(() => crew.forEach((each) => each.kill()));
    const holder = async (): Promise<string | null | undefined> =>
      (await api.get(LEASES, { namespace, name: 'election' })).spec?.holderIdentity;
    const leading = async (among: readonly Process[]): Promise<Process> => {
      await until('one of them leads', () => among.some((each) => each.says('leading')), 20_000);
      return among.find((each) => each.says('leading')) as Process;
    };
    const first = await leading(crew);
    expect(await holder()).toBe(first.identity);
    const rest = crew.filter((each) => each !== first);
    await until('the others have seen it', () => rest.every((each) => each.says(`sees ${first.identity}`)));
    first.kill();
    const second = await leading(rest);
    expect(await holder()).toBe(second.identity);
    const [third] = rest.filter((each) => each !== second) as [Process];
    expect(third.says('leading')).toBe(false);
    second.terminate();
    await until('it has given up leadership', () => second.says('stopped'));
    expect(await leading([third])).toBe(third);
    expect((await api.get(LEASES, { namespace, name: 'election' })).spec).toMatchObject({
      holderIdentity: third.identity,
      leaseDurationSeconds: 3,
      leaseTransitions: 2,
    });
  }, 60_000);
}

/** A candidate in a process of its own. */
class Process {
  readonly identity: string;
  readonly #child: ChildProcess;
  readonly #said = new Set<string>();

  constructor(kubeconfig: string, namespace: string, identity: string) {
    this.identity = identity;
    const child = spawn(process.execPath, [SCRIPT, kubeconfig, namespace, identity], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#said.add(line));
    this.#child = child;
  }

  says(line: string): boolean {
    return this.#said.has(line);
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
