import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';
import { tool } from '../../test/support/tools.ts';
import { programCache } from './build.ts';
import type { RegistryPlace } from './images.ts';
import { run } from './run.ts';
import { say } from './say.ts';

const CONTAINERFILE = resolve(import.meta.dirname, '../../Containerfile');
/** What the Containerfile's base image is called while it is built from. */
const BASE = 'localhost/node';
const MADE = 'localhost/stowage';
const PREFIX = 'image-';
/** An image that nobody has used for so long is of sources that have changed since. */
const FORGOTTEN_MS = 86_400_000;

/** Per registry, because a run needs it many times and the sources do not change meanwhile. */
const pushed = new Map<string, Promise<string>>();

/**
 * The image of this checkout in a cluster's registry, made by the project's own Containerfile. Its base is made of the
 * Node.js that runs this and the libraries it needs, so no network is asked for anything.
 * @returns the reference; its tag is another for other sources, as nodes keep what they have pulled
 */
export function stowageImage({ registry }: { readonly registry: RegistryPlace }): Promise<string> {
  const known = pushed.get(registry.host) ?? pushStowage(registry);
  pushed.set(registry.host, known);
  return known;
}

async function pushStowage({ host, plainHttp }: RegistryPlace): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'stowage-own-image-'));
  try {
    const context = join(work, 'bundle');
    await bundle(context);
    const key = await keyOf(context);
    const layout = join(programCache(), PREFIX + key);
    if (!(await exists(layout))) await makeLayout(work, context, layout);
    await utimes(layout, new Date(), new Date());
    const ref = `${host}/e2e/stowage:${key}`;
    await run(tool('crane'), ['push', layout, ref, ...(plainHttp ? ['--insecure'] : [])]);
    return ref;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What the image is made of: the bundle, the Containerfile, Node.js. */
async function keyOf(context: string): Promise<string> {
  const hash = createHash('sha256')
    .update(process.version)
    .update(await readFile(CONTAINERFILE));
  const files = await readdir(context, { recursive: true, withFileTypes: true });
  const paths = files.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  for (const path of paths.sort()) hash.update(path.slice(context.length)).update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}

async function makeLayout(work: string, context: string, layout: string): Promise<void> {
  say('building the image of Stowage');
  // A store of its own: the machine's images and settings are not ours, and what is left of it goes with `work`.
  const store = ['--root', join(work, 'store'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs'];
  const buildah = (...args: string[]): Promise<string> => run(tool('buildah'), [...store, ...args]);
  await makeBase(await nodeRoot(work), buildah);
  await buildah('bud', '-q', `--build-arg=NODE_IMAGE=${BASE}`, '-f', CONTAINERFILE, '-t', MADE, context);
  const made = join(work, 'layout');
  await buildah('push', '-q', MADE, `oci:${made}:stowage`);
  await mkdir(programCache(), { recursive: true });
  await forgetOld();
  const moved = `${layout}.${process.pid}`;
  await run('cp', ['-r', made, moved]);
  // Another run may have made the same meanwhile.
  await rename(moved, layout).catch(() => rm(moved, { recursive: true }));
}

async function makeBase(root: string, buildah: (...args: string[]) => Promise<string>): Promise<void> {
  const container = (await buildah('from', 'scratch')).trim();
  await buildah('copy', '-q', container, root, '/');
  await buildah('config', '--env', 'PATH=/usr/local/bin', container);
  await buildah('commit', '-q', '--rm', container, BASE);
}

/** A root directory with this Node.js on the PATH and the libraries that it is linked with. */
async function nodeRoot(work: string): Promise<string> {
  const root = join(work, 'root');
  const libraries = (await run('ldd', [process.execPath])).match(/\/\S+/g) ?? [];
  const files = [
    [process.execPath, '/usr/local/bin/node'],
    ...libraries.map((path) => [path, path]),
  ] as const;
  for (const [from = '', to = ''] of files) {
    await mkdir(join(root, dirname(to)), { recursive: true });
    await copyFile(from, join(root, to));
  }
  return root;
}

async function forgetOld(): Promise<void> {
  const names = (await readdir(programCache())).filter((name) => name.startsWith(PREFIX));
  for (const path of names.map((name) => join(programCache(), name))) {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > FORGOTTEN_MS) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
