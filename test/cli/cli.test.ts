import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Report } from '../../src/pack/report.ts';
import { LAUNCHER, runStowage, type Run } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

interface Desk {
  readonly root: string;
  readonly run: (...args: string[]) => Promise<Run>;
}

/** A directory with a model in `model/`, a state of its own, and the command line run there. */
async function desk(): Promise<Desk> {
  const root = await tempDir();
  mkdirSync(join(root, 'model'));
  writeFileSync(join(root, 'model', 'config.json'), '{"max_position_embeddings": 2048}');
  const env = { STOWAGE_STATE: join(root, 'state') };
  return { root, run: (...args) => runStowage(args, { cwd: root, env }) };
}

const DECLARATION = `apiVersion: model.kubedl.io/v1alpha1
kind: ModelVersion
metadata: {name: bert-v1}
spec:
  modelName: bert
  createdBy: me
  imageRepo: oci:./images
  imageTag: v1
  storage: {localStorage: {path: ./model}}
`;

function writeDeclaration(root: string, yaml = DECLARATION): void {
  writeFileSync(join(root, 'mv.yaml'), yaml);
}

describe('stowage', () => {
  it.each([['--help'], ['help'], ['help', 'pack'], ['apply', '--help'], ['get', '--help']])(
    'explains itself: %s %s',
    async (...args) => {
      const { code, stdout, stderr } = await runStowage(args.filter((arg) => typeof arg === 'string'));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('Usage: stowage');
    },
  );

  it('lists every command with what it does, and examples', async () => {
    const { stdout } = await runStowage(['--help']);
    for (const verb of [
      'apply',
      'pack',
      'get',
      'describe',
      'logs',
      'wait',
      'retry',
      'cancel',
      'delete',
      'crds',
      'version',
      'completion',
      'help',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${verb}\\b.* {2,}\\w+`, 'm'));
    }
    expect(stdout).toContain('stowage pack ./my-model --to');
  });

  it.each([
    [['pakc', 'x'], /unknown command 'pakc'[^]*pack/],
    [['pack', '.'], /--to/],
    [['pack', '.', '--to', 'x', '--nope'], /unknown option '--nope'/],
    [['get', 'pods'], /"pods" is no kind of object/],
    [['get', 'constructor'], /"constructor" is no kind of object/],
    [['get', 'models', 'none'], /there is no model "none"/],
    [['delete', 'model', '../../../zz/yy', '-n', 'x'], /"\.\.\/\.\.\/\.\.\/zz\/yy"; expected a name/],
    [['delete', 'mv', 'bert', '-n', '../x'], /"\.\.\/x"; expected a namespace/],
    [['get', 'mv', '-n', 'UPPER'], /"UPPER"; expected a namespace/],
    [['describe', 'mv', '/etc'], /"\/etc"; expected a name/],
    [['apply', '-f', 'model', '--ca-file', 'none.pem'], /"model" cannot be read/],
    [['apply', '-f', '/nowhere.yaml'], /nowhere\.yaml.*does not exist/],
    [['pack', '.', '--to', 'UPPER CASE'], /UPPER CASE/],
  ])('answers a wrong call with exit code 2: %j', async (args, message) => {
    const { run } = await desk();
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('prints its version, also for machines', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect((await runStowage(['version'])).stdout).toMatch(new RegExp(`^stowage ${version} \\(node 2[4-9]`));
    expect(JSON.parse((await runStowage(['version', '-o', 'json'])).stdout)).toMatchObject({
      stowage: version,
    });
  });

  it('prints the CRDs', async () => {
    const { stdout } = await runStowage(['crds']);
    expect(stdout).toContain('name: models.model.kubedl.io');
    expect(stdout).toContain('name: modelversions.model.kubedl.io');
  });
});

describe('stowage pack', () => {
  it('reports the layers and the image on stdout, and how it went on stderr', async () => {
    const { run } = await desk();
    const { code, stdout, stderr } = await run('pack', 'model', '--to', 'oci:images:v1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^LAYER +SIZE +FILES +ACTION +DIGEST$/m);
    expect(stdout).toMatch(/^image +oci:.*images:v1@sha256:[0-9a-f]{64}$/m);
    expect(stderr).not.toBe('');
  });

  it('gives the report as one JSON document', async () => {
    const { run } = await desk();
    const { code, stdout } = await run('pack', 'model', '--to', 'oci:images:v1', '-o', 'json');
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(0);
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(['image', 'digest', 'size', 'layers', 'bytes', 'seconds']),
    );
    expect(report.layers.map(({ action }) => action)).toEqual(['uploaded', 'uploaded']);
    expect(report.bytes).toEqual({ source: 33, read: 33, sent: report.size, reused: 0 });
    expect(report.model).toEqual({ contextLength: 2048 });
  });

  it('sends nothing when the tag has the same content already', async () => {
    const { run } = await desk();
    const first = JSON.parse(
      (await run('pack', 'model', '--to', 'oci:images:v1', '-o', 'json')).stdout,
    ) as Report;
    const second = JSON.parse(
      (await run('pack', 'model', '--to', 'oci:images:v1', '-o', 'json')).stdout,
    ) as Report;
    expect(second).toMatchObject({ digest: first.digest, bytes: { sent: 0, reused: first.size } });
    // The file was written just now, so it is read again; the link has no content that could change.
    expect(second.layers.map(({ action }) => action)).toContain('recorded');
  });

  it('gives an error as one JSON document too, with exit code 1', async () => {
    const { run } = await desk();
    const { code, stdout, stderr } = await run('pack', 'missing', '--to', 'oci:images:v1', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'PathNotFound' } });
    expect(stderr).toContain('missing');
  });

  it('speaks JSON lines on stderr when asked to', async () => {
    const { run } = await desk();
    const { stderr } = await run('pack', 'model', '--to', 'oci:images:v1', '--progress', 'json');
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toContain('planned');
    expect(events.at(-1)).toBe('done');
  });

  it.each([
    [{ NO_COLOR: '1' }, false],
    [{ FORCE_COLOR: '1' }, true],
    [{}, false],
  ])('colours only where it may: %j', async (env, coloured) => {
    const { root } = await desk();
    const { stderr } = await runStowage(['pack', 'missing', '--to', 'oci:images:v1'], { cwd: root, env });
    expect(stderr.includes('\u001b[')).toBe(coloured);
  });
});

describe('stowage apply, get, describe, delete', () => {
  it('builds, remembers, lists, describes and forgets', async () => {
    const { root, run } = await desk();
    writeDeclaration(root);
    const applied = await run('apply', '-f', 'mv.yaml');
    expect(applied.code).toBe(0);
    expect(applied.stdout).toContain('modelversion/bert-v1 is Ready\n');

    const again = await run('apply', '-f', 'mv.yaml');
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('modelversion/bert-v1 is Ready already, nothing to do');

    expect((await run('get', 'modelversions')).stdout).toMatch(
      /^NAME +MODEL +READY +IMAGE[^]*\nbert-v1 +bert +True +oci:/,
    );
    expect((await run('get', 'mo', '-A')).stdout).toMatch(
      /^NAMESPACE +NAME[^]*\ndefault +bert +bert-v1 +oci:/,
    );
    const one = JSON.parse((await run('get', 'mv', 'bert-v1', '-o', 'json')).stdout) as {
      status: { digest: string };
    };
    expect(one.status.digest).toMatch(/^sha256:/);

    const described = (await run('describe', 'modelversion', 'bert-v1')).stdout;
    expect(described).toContain(one.status.digest);
    expect(described).toMatch(/Ready +True +Succeeded/);
    expect((await run('describe', 'model', 'bert')).stdout).toContain('bert-v1');

    expect((await run('delete', 'modelversion', 'bert-v1')).stdout).toBe('modelversion/bert-v1 deleted\n');
    expect((await run('get', 'mv', 'bert-v1')).code).toBe(2);
    expect((await run('pack', 'model', '--to', 'oci:images:v1', '-o', 'json')).stdout).toContain('exists');
  });

  it('gives the report of one version as one JSON document', async () => {
    const { root, run } = await desk();
    writeDeclaration(root);
    const first = JSON.parse((await run('apply', '-f', 'mv.yaml', '-o', 'json')).stdout) as Report;
    expect(first).toMatchObject({ result: 'built', modelVersion: { namespace: 'default', name: 'bert-v1' } });
    const second = JSON.parse((await run('apply', '-f', 'mv.yaml', '-o', 'json')).stdout) as Report;
    expect(second).toMatchObject({ result: 'unchanged', digest: first.digest });
  });

  it('fails with exit code 1, says why, and says so again when asked', async () => {
    const { root, run } = await desk();
    writeDeclaration(root, DECLARATION.replace('./model', './missing'));
    const { code, stderr } = await run('apply', '-f', 'mv.yaml');
    expect(code).toBe(1);
    expect(stderr).toMatch(/missing does not exist/);
    expect((await run('get', 'mv')).stdout).toMatch(/bert-v1 +bert +PathNotFound/);
    expect((await run('describe', 'mv', 'bert-v1')).stdout).toMatch(/missing does not exist/);
  });

  it('refuses a wrong declaration with file, line and path, and exit code 2', async () => {
    const { root, run } = await desk();
    writeDeclaration(root, DECLARATION.replace('modelName: bert', 'modelNam: bert'));
    const { code, stderr } = await run('apply', '-f', 'mv.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/mv\.yaml:5:\d+.*spec\.modelNam/);
    expect((await run('get', 'mv')).stdout).toBe('');
  });

  it('reads a declaration from standard input', async () => {
    const { root } = await desk();
    const { code } = await runStowage(['apply', '-f', '-'], {
      cwd: root,
      input: DECLARATION,
      env: { STOWAGE_STATE: join(root, 's') },
    });
    expect(code).toBe(0);
  });
});

describe('what apply remembers', () => {
  it('is printed as what can be applied again', async () => {
    const { root, run } = await desk();
    writeDeclaration(root);
    await run('apply', '-f', 'mv.yaml');
    const { stdout } = await run('get', 'mv', 'bert-v1', '-o', 'yaml');
    expect(stdout).not.toMatch(/^report:/m);
    writeDeclaration(root, stdout);
    expect((await run('apply', '-f', 'mv.yaml')).stdout).toContain('is Ready already');
  });

  it('is a report as long as the version is Ready', async () => {
    const { root, run } = await desk();
    writeDeclaration(root);
    await run('apply', '-f', 'mv.yaml');
    expect((await run('describe', 'mv', 'bert-v1')).stdout).toMatch(/^Layers:\n +LAYER/m);
    await run('delete', 'mv', 'bert-v1');
    writeDeclaration(root, DECLARATION.replace('./model', './missing'));
    await run('apply', '-f', 'mv.yaml');
    expect((await run('describe', 'mv', 'bert-v1')).stdout).not.toContain('Layers:');
    expect((await run('get', 'mo')).stdout).toMatch(/^bert +<none> +<none>/m);
  });

  it('is not touched by a delete of what nobody knows', async () => {
    const { root, run } = await desk();
    expect((await run('delete', 'model', 'none', '-n', 'team-a')).code).toBe(2);
    expect(readdirSync(root)).toEqual(['model']);
  });
});

describe('stowage apply of what it reads elsewhere', () => {
  it('refuses a CA file that cannot be read with exit code 2, before anything is built', async () => {
    const { root, run } = await desk();
    writeDeclaration(root, DECLARATION.replace('oci:./images', 'registry.invalid/bert'));
    const { code, stderr } = await run('apply', '-f', 'mv.yaml', '--ca-file', 'none.pem');
    expect(code).toBe(2);
    expect(stderr).toContain('none.pem');
    expect((await run('get', 'mv')).stdout).toBe('');
  });

  it('shows a Model that could not be stored as JSON too, and builds the rest', async () => {
    const { root, run } = await desk();
    mkdirSync(join(root, 'state', 'default', 'models', 'gpt.json'), { recursive: true });
    const model = 'apiVersion: model.kubedl.io/v1alpha1\nkind: Model\nmetadata: {name: gpt}\n';
    writeDeclaration(root, `${model}---\n${DECLARATION}`);
    const { code, stdout } = await run('apply', '-f', 'mv.yaml', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      items: [
        { model: { name: 'gpt' }, result: 'failed', error: { code: 'StateUnusable' } },
        { modelVersion: { name: 'bert-v1' }, result: 'built' },
      ],
    });
  });

  it('does not wait for the end of standard input when it is interrupted, or has read too much', async () => {
    const { root } = await desk();
    execFileSync('mkfifo', [join(root, 'ready')]);
    const interrupted = applyStdin(root, ['-f', 'ready', '-f', '-']);
    // A FIFO is opened when both sides are there, so from here on it reads, and knows what to do with a signal.
    const writer = await open(join(root, 'ready'), 'w');
    await writer.write(DECLARATION);
    await writer.close();
    interrupted.kill('SIGTERM');
    const excessive = applyStdin(root, ['-f', '-']);
    excessive.stdin.on('error', () => undefined).write('#'.repeat(2 * 1024 * 1024));
    expect(await Promise.all([interrupted, excessive].map((child) => once(child, 'close')))).toEqual([
      [130, null],
      [2, null],
    ]);
  });
});

/** `stowage apply` in a process whose standard input stays open. */
function applyStdin(cwd: string, args: readonly string[]): ChildProcessByStdio<Writable, null, null> {
  const env = { ...process.env, STOWAGE_STATE: join(cwd, 'state') };
  const child = spawn(LAUNCHER, ['apply', ...args], { cwd, env, stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
