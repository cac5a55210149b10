import { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { parseSettings, type ReadSettings } from './parse-settings.ts';

/** All fields with long lists are far from it; more is another file. */
const MAX_SETTINGS_BYTES = 256 * 1024;

/** The kernel takes no more than 128 KiB in one variable of an environment, by which it reaches builder pods. */
const MAX_AUTHORITIES_BYTES = 96 * 1024;

export interface LoadedSettings extends ReadSettings {
  /** PEM text with the authorities that builders are to trust besides the system's. */
  readonly authorities: string | undefined;
}

/**
 * Reads the controller's settings, and the authorities that they name.
 * @param image of the builder, where the file names none
 * @throws UsageInvalid where a file cannot be read or is too large, or holds no certificates; DeclarationInvalid
 */
export async function loadSettings(file: string, image?: string): Promise<LoadedSettings> {
  const text = await readBounded(file, MAX_SETTINGS_BYTES, 'settings');
  const read = parseSettings(text, file, image);
  const { caFile } = read.settings.registries;
  if (caFile === undefined) return { ...read, authorities: undefined };
  return { ...read, authorities: await readAuthorities(resolve(dirname(file), caFile)) };
}

async function readAuthorities(file: string): Promise<string> {
  const text = await readBounded(file, MAX_AUTHORITIES_BYTES, 'certificates');
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw unusable(file, 'holds no certificate in PEM form');
  certificates.forEach((certificate, index) => {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw unusable(file, `holds a certificate, number ${index + 1}, that cannot be read`, error);
    }
  });
  // Whatever else stands there, a private key at worst, is not for builder pods.
  return certificates.map((certificate) => `${certificate}\n`).join('');
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function unusable(file: string, what: string, cause?: unknown): StowageError {
  return new StowageError('UsageInvalid', `the file ${JSON.stringify(file)} ${what}`, {
    hint: 'registries.caFile in the settings names a file with certificates of authorities.',
    cause,
  });
}

/** @param what the file should hold */
async function readBounded(file: string, max: number, what: string): Promise<string> {
  const name = `the file ${JSON.stringify(file)}`;
  let bytes: Buffer;
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(max + 1));
    bytes = buffer.subarray(0, bytesRead);
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'it does not exist' : messageOf(error);
    throw new StowageError('UsageInvalid', `${name} cannot be read: ${why}`, { cause: error });
  }
  if (bytes.length <= max) return bytes.toString();
  throw new StowageError('UsageInvalid', `${name} is too large for ${what} (over ${max} bytes)`);
}
