import { spawnSync } from 'node:child_process';
import type { PlannedLayer } from '../../../src/image/plan.ts';
import { TAR_END_BYTES, tarHeader, tarPadding, type TarEntry } from '../../../src/image/tar.ts';

export interface Member {
  readonly entry: TarEntry;
  readonly content?: Buffer;
}

/** A whole tar in memory, put together the way a layer is streamed. */
export function tarOf(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ entry, content = Buffer.alloc(0) }) => [
    tarHeader(entry),
    content,
    Buffer.alloc(tarPadding(content.length)),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(TAR_END_BYTES)]);
}

/** The tar of a planned layer whose files have the given contents, by path relative to the model. */
export function tarOfLayer(layer: PlannedLayer, contents: ReadonlyMap<string, Buffer>): Buffer {
  return tarOf(
    layer.members.map(({ entry, file }) => (file ? { entry, content: contents.get(file.path)! } : { entry })),
  );
}

export function fileMember(path: string, content: string | Buffer = ''): Member {
  const bytes = Buffer.from(content);
  return { entry: { type: 'file', path, size: bytes.length }, content: bytes };
}

export function directoryMember(path: string): Member {
  return { entry: { type: 'directory', path } };
}

export interface Run {
  readonly cwd?: string;
  readonly input?: Buffer;
}

/** What a command wrote to stdout. Throws what it wrote to stderr when it fails. */
export function run(command: string, args: readonly string[], options: Run = {}): Buffer {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const result = spawnSync(command, args, { ...options, env, maxBuffer: 64 * 1024 ** 2 });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command} ended with ${result.status}: ${result.stderr.toString()}`);
  return result.stdout;
}

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--help']).error === undefined;
}
