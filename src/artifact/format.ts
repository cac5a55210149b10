/** What kind of file it is, from its first bytes and its name. Pure. */
import type { FileFormat } from './artifact.ts';

/** Bytes from the beginning of a file that are enough to tell. A Git LFS pointer, the longest that is looked for, has about 130. */
export const HEAD_BYTES = 512;

export interface Detected {
  readonly format: FileFormat;
  /** Whether the name says so. Of such a file a header that is wrong is an error; else it was another kind of file. */
  readonly named: boolean;
}

/** Formats that are told from the name's end where the first bytes say nothing. `.bin` says nothing of its own. */
const ENDINGS: readonly (readonly [ending: string, format: FileFormat])[] = [
  ['.safetensors', 'safetensors'],
  ['.gguf', 'gguf'],
  ['.onnx', 'onnx'],
  // PyTorch, Lightning, scikit-learn and their relatives.
  ...['.pt', '.pth', '.ckpt', '.pkl', '.pickle', '.joblib', '.dill'].map(
    (ending) => [ending, 'pickle'] as const,
  ),
];

/** @param head the first HEAD_BYTES, or the whole of a shorter file */
export function detectFormat(path: string, head: Buffer): Detected {
  const lower = path.toLowerCase();
  const byName = ENDINGS.find(([ending]) => lower.endsWith(ending))?.[1];
  if (byName === 'safetensors' || byName === 'gguf') return { format: byName, named: true };
  const format = byContent(head) ?? byName ?? 'other';
  return { format, named: format === byName };
}

function byContent(head: Buffer): FileFormat | undefined {
  if (head.toString('latin1', 0, 4) === 'GGUF') return 'gguf';
  if (looksLikeSafetensors(head)) return 'safetensors';
  if (looksLikePickle(head)) return 'pickle';
  return undefined;
}

/** A length of less than 4 GiB, then the beginning of a JSON object with a key. Hub caches name files by digest alone. */
function looksLikeSafetensors(head: Buffer): boolean {
  return head.length > 10 && head.readUInt32LE(4) === 0 && head.toString('latin1', 8, 10) === '{"';
}

const PROTO = 0x80;

/** FRAME, and opcodes that dictionaries, lists, tuples, objects, texts and numbers begin with. */
const FIRST_OPCODES = Buffer.from('\x95}](cXUKJM\x8aN\x88\x89\x8c', 'latin1');

/**
 * What torch.save and pickle.dump write: a zip whose first member is data.pkl, or a pickle of protocol 2 to 5, which
 * begins with the opcode PROTO, the protocol, and another opcode. https://docs.python.org/3/library/pickletools.html
 */
function looksLikePickle(head: Buffer): boolean {
  const start = head.toString('latin1', 0, 256);
  if (start.startsWith('PK\x03\x04')) return start.includes('/data.pkl');
  const [proto, protocol = 0, opcode = 0] = head;
  return proto === PROTO && protocol >= 2 && protocol <= 5 && FIRST_OPCODES.includes(opcode);
}

/**
 * The size of the file that a Git LFS pointer stands for; undefined where the file is none. A clone without Git LFS
 * leaves such texts where the weights should be. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export function lfsPointerSize(head: Buffer, size: number): number | undefined {
  if (size >= HEAD_BYTES) return undefined;
  const pointer =
    /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)*oid sha256:[0-9a-f]{64}\nsize (\d{1,15})\n/;
  const found = pointer.exec(head.toString('latin1'))?.[1];
  return found === undefined ? undefined : Number(found);
}
