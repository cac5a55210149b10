import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from './tempdir.ts';

/** The environment of a user who is logged in to these hosts and nowhere else. */
export async function dockerConfig(
  logins: Readonly<Record<string, { username: string; password: string }>>,
): Promise<NodeJS.ProcessEnv> {
  const auths = Object.entries(logins).map(([host, { username, password }]) => {
    return [host, { auth: Buffer.from(`${username}:${password}`).toString('base64') }] as const;
  });
  return authEnv({ auths: Object.fromEntries(auths) });
}

/** The environment of a user whose docker configuration is this document. */
export async function authEnv(document: unknown): Promise<NodeJS.ProcessEnv> {
  const directory = await tempDir();
  await writeFile(join(directory, 'config.json'), JSON.stringify(document));
  return { PATH: process.env.PATH, HOME: directory, XDG_RUNTIME_DIR: directory, DOCKER_CONFIG: directory };
}
