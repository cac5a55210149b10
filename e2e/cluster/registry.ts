import { mkdir, writeFile } from 'node:fs/promises';
import { answers } from './answers.ts';
import type { Component } from './component.ts';
import type { Workspace } from './workspace.ts';

const PORT = 5000;

/** The CNCF's registry on the node, over plain HTTP: this machine pushes to it, containerd pulls from it. */
export async function registry(
  program: string,
  workspace: Workspace,
  address: string,
): Promise<{ readonly host: string; readonly component: Component }> {
  const data = workspace.path('registry');
  await mkdir(data);
  const host = `${address}:${PORT}`;
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: { addr: `0.0.0.0:${PORT}` },
  };
  const file = workspace.path('registry.json');
  await writeFile(file, JSON.stringify(config)); // JSON is YAML
  const component: Component = {
    name: 'registry',
    command: [program, 'serve', file],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: () => answers(`http://${host}/v2/`),
  };
  return { host, component };
}
