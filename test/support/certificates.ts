import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tempDir } from './tempdir.ts';
import { tool } from './tools.ts';

/** A certificate for an address and localhost that signed itself, and so is its own authority. Needs the tool "openssl". */
export async function selfSigned(
  address = '127.0.0.1',
): Promise<{ key: string; cert: string; certFile: string; keyFile: string }> {
  const directory = await tempDir();
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  await promisify(execFile)(tool('openssl'), [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'],
    ...['-subj', '/CN=fault registry', '-addext', `subjectAltName=IP:${address},DNS:localhost`],
    ...['-keyout', keyFile, '-out', certFile],
  ]);
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8'), certFile, keyFile };
}
