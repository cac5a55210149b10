import { StowageError } from '../errors.ts';
import type { ArtifactFile, FileFormat } from './artifact.ts';
import { detectFormat, HEAD_BYTES, lfsPointerSize, type Detected } from './format.ts';
import { readGguf } from './gguf.ts';
import type { HeaderResult, ModelHeader } from './header.ts';
import { identityOf } from './identity.ts';
import type { Place } from './link.ts';
import { quote } from './names.ts';
import { readSafetensors } from './safetensors.ts';
import { withSourceFile, type SourceFile } from './source-file.ts';

export interface Inspected {
  readonly file: ArtifactFile;
  /** What its header says, where it has one that was read. */
  readonly header?: ModelHeader;
  readonly warning?: string;
}

/**
 * Opens a file, which shows that it can be read, and looks at its first bytes and its header.
 * @throws SourceUnreadable, ArtifactTruncated, ArtifactInvalid, ArtifactChanged, FileRefused
 */
export async function inspectFile(place: Place): Promise<Inspected> {
  return await withSourceFile(place, async (source) => {
    const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
    refusePointer(source, head);
    const { format, result } = await readHeader(source, detectFormat(place.path, head));
    const file = { ...place, size: source.size, identity: identityOf(source.stats), format };
    if (result === undefined) return { file };
    if ('header' in result) return { file, header: result.header };
    return { file, warning: `${quote(place.path)} ${result.unread}.` };
  });
}

function refusePointer(source: SourceFile, head: Buffer): void {
  const size = lfsPointerSize(head, source.size);
  if (size === undefined) return;
  const message = `${quote(source.path)} is a Git LFS pointer: the file itself, of ${size} bytes, was never downloaded`;
  throw new StowageError('ArtifactTruncated', message, { hint: 'Run "git lfs pull" in the clone.' });
}

async function readHeader(
  source: SourceFile,
  { format, named }: Detected,
): Promise<{ format: FileFormat; result?: HeaderResult }> {
  const reader = format === 'safetensors' ? readSafetensors : format === 'gguf' ? readGguf : undefined;
  if (reader === undefined) return { format };
  try {
    return { format, result: await reader(source) };
  } catch (error) {
    // Only its first bytes looked like one: a text may well begin with "GGUF".
    if (!named && isWrongHeader(error)) return { format: 'other' };
    throw error;
  }
}

function isWrongHeader(error: unknown): boolean {
  return error instanceof StowageError && ['ArtifactTruncated', 'ArtifactInvalid'].includes(error.code);
}
