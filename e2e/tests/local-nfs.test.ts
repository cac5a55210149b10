import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { LAUNCHER } from '../../test/support/stowage.ts';
import { enter } from '../cluster/box.ts';
import { blockMounts, mountCalls, releaseMounts } from '../cluster/mount-helpers.ts';
import { startNfsServer, type NfsServer } from '../cluster/nfs-server.ts';
import { describeCluster, it } from './support/cluster.ts';

/** The node stands for a machine that may mount: as root, with mount.nfs. No cluster is asked. */
describeCluster('nfs on one machine', ['node', 'nfs'], ({ node }) => {
  let directory: string;
  let server: NfsServer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stowage-local-nfs-'));
    await chmod(directory, 0o755);
    for (const name of ['models/bert', 'closed', 'temporary', 'mnt'])
      await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, 'models/bert/weights.bin'), 'x'.repeat(300_000));
    server = await startNfsServer(
      { node },
      {
        exports: [
          { path: '/models', directory: join(directory, 'models') },
          { path: '/closed', directory: join(directory, 'closed'), clients: ['192.0.2.1'] },
        ],
      },
    );
  });

  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  /** Runs in the node, with directories for temporary files and for state of its own. */
  async function inNode(
    command: readonly string[],
    interrupt = false,
  ): Promise<{ code: number | null; output: string }> {
    const [program = '', ...args] = [...enter(node.init), ...command];
    const { PATH = '', HOME = '/tmp', XDG_CACHE_HOME = '' } = process.env;
    const env = {
      ...{ PATH, HOME, ...(XDG_CACHE_HOME === '' ? {} : { XDG_CACHE_HOME }) },
      ...{ TMPDIR: join(directory, 'temporary'), STOWAGE_STATE: join(directory, 'state') },
    };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    if (interrupt) {
      const before = mountCalls(node).length;
      while (mountCalls(node).length === before) await wait(50);
      process.kill(-(child.pid ?? 0), 'SIGINT');
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  async function apply(name: string, path: string, interrupt = false): ReturnType<typeof inNode> {
    const version = {
      ...{ apiVersion: 'model.kubedl.io/v1alpha1', kind: 'ModelVersion', metadata: { name } },
      spec: {
        ...{ modelName: 'bert', imageRepo: `oci:${join(directory, 'images', name)}`, imageTag: 'v1' },
        storage: { nfs: { server: server.address, path } },
      },
    };
    const file = join(directory, `${name}.json`);
    await writeFile(file, JSON.stringify(version)); // JSON is YAML
    const applied = await inNode([LAUNCHER, 'apply', '-f', file], interrupt);
    expect(await readdir(join(directory, 'temporary')), 'what is left').toEqual([]);
    expect((await inNode(['cat', '/proc/self/mounts'])).output).not.toContain(join(directory, 'temporary'));
    return applied;
  }

  it('is mounted read-only for the time of the build', async () => {
    const { code, output } = await apply('mounted', '/models/bert/');
    expect(code, output).toBe(0);
    const call = mountCalls(node).at(-1);
    expect(call).toMatchObject({ helper: 'nfs', source: `${server.address}:/models/bert` });
    expect(call?.options).toEqual(expect.arrayContaining(['ro', 'soft', 'retry=0']));
  });

  it('is read where it is mounted already', async () => {
    const at = join(directory, 'mnt');
    const mounted = await inNode([
      'mount',
      '-t',
      'nfs',
      '-o',
      'ro,soft,retry=0',
      `${server.address}:/models`,
      at,
    ]);
    expect(mounted.code, mounted.output).toBe(0);
    onTestFinished(() => inNode(['umount', '-l', at]).then(() => undefined));
    const before = mountCalls(node).length;
    const { code, output } = await apply('existing', '/models/bert');
    expect(code, output).toBe(0);
    expect(mountCalls(node)).toHaveLength(before);
    expect((await inNode(['ls', at])).output).toBe('bert\n');
    const missing = await apply('missing', '/models/nowhere');
    expect(missing.output).toMatch(/does not exist there\s+code: PathNotFound/);
  });

  it.for([
    ['nowhere', '/models/nowhere', 'MountDenied|ExportNotFound'],
    ['closed', '/closed', 'MountDenied|ExportNotFound'],
    ['file', '/models/bert/weights.bin', 'ExportNotFound|MountDenied'],
  ])('that cannot be mounted says why: %s', async ([name = '', path = '', reason = '']) => {
    const { code, output } = await apply(name, path);
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`${path}[^]*code: (?:${reason})`));
  });

  it('of a server that has gone says so', async () => {
    await server.stop();
    const { code, output } = await apply('gone', '/models/bert').finally(() => server.start());
    expect(code).toBe(1);
    expect(output).toContain('code: ServerUnreachable');
  });

  it('of a server that hangs says so, where it is mounted', async () => {
    const at = join(directory, 'mnt');
    const source = `${server.address}:/models`;
    const mounted = await inNode(['mount', '-t', 'nfs', '-o', 'ro,soft,retry=0', source, at]);
    expect(mounted.code, mounted.output).toBe(0);
    onTestFinished(() => inNode(['umount', '-l', at]).then(() => undefined));
    await server.pause();
    const { code, output } = await apply('paused', '/models/bert').finally(() => server.resume());
    expect(code).toBe(1);
    expect(output).toContain('code: ServerUnreachable');
  });

  it('that hangs is given up when it is interrupted', async () => {
    await blockMounts(node);
    const interrupted = apply('interrupted', '/models/bert', true);
    const { output } = await interrupted.finally(() => releaseMounts(node));
    expect(output).toContain('code: Cancelled');
  });
});
