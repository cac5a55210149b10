/** Which file names can go into an image, and how names are shown. Pure: names in, sentences out. */
import { isUtf8 } from 'node:buffer';
import { StowageError } from '../errors.ts';

/** Linux file systems hold names of up to 255 bytes (NAME_MAX); others hold more, and nobody could unpack those. */
const MAX_NAME_BYTES = 255;

/** Linux opens paths of up to 4095 bytes (PATH_MAX less its NUL); what is left is for where readers mount the model. */
const MAX_PATH_BYTES = 4000;

/** How many names a warning lists before it counts the rest. */
const EXAMPLES = 3;

/** Control characters, and those that change the direction of the text around them: neither may reach a terminal. */
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** C0 and C1 control characters, newline among them. */
const CONTROL = /\p{Cc}/u;

/** A name in double quotes, safe to print: control and direction characters are escaped. */
export function quote(name: string): string {
  return JSON.stringify(name).replaceAll(UNPRINTABLE, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A name whose bytes need not be UTF-8, in double quotes; if they are not, all but printable ASCII is `\xNN`. */
export function quoteBytes(name: Buffer): string {
  if (isUtf8(name)) return quote(name.toString('utf8'));
  const shown = Array.from(name, (byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${shown.join('')}"`;
}

/** `"a", "b", "c" and 4 more`. */
export function quoteSome(names: readonly string[]): string {
  const shown = names.slice(0, EXAMPLES).map(quote).join(', ');
  return names.length > EXAMPLES ? `${shown} and ${names.length - EXAMPLES} more` : shown;
}

/**
 * The path of a directory entry, relative to the source's root.
 * @param directory the path of the directory that holds it, '' for the root
 * @throws FileRefused when no image can hold a file of that name
 */
export function pathOf(directory: string, name: Buffer): string {
  const path = (directory === '' ? '' : `${directory}/`) + name.toString('utf8');
  const why = refusal(name, path);
  if (why === undefined) return path;
  const where = directory === '' ? 'the source' : quote(directory);
  throw new StowageError('FileRefused', `the name ${quoteBytes(name)} in ${where} ${why}`, {
    hint: 'Rename it, or move it out of the directory.',
  });
}

function refusal(name: Buffer, path: string): string | undefined {
  if (!isUtf8(name)) return 'is not UTF-8, which is what OCI tools take names for';
  const text = name.toString('utf8');
  if (CONTROL.test(text)) return 'holds a control character';
  // A layer says with such a name that a file of a lower layer is gone: it would delete instead of being there.
  // https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
  if (text.startsWith('.wh.')) return 'begins with ".wh.", which container runtimes take for a deletion';
  if (name.length > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `makes a path of more than ${MAX_PATH_BYTES} bytes`;
  return undefined;
}

/** Names of one directory that become one file where case or Unicode form does not count. In pairs. */
export function clashesOf(names: readonly string[]): [string, string][] {
  const seen = new Map<string, string>();
  const clashes: [string, string][] = [];
  for (const name of names) {
    const folded = name.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, name);
    else clashes.push([other, name]);
  }
  return clashes;
}

/** What a person should know about names that are allowed and yet make somebody stumble. */
export function nameWarnings(paths: readonly string[]): string[] {
  const top = paths.filter((path) => path.startsWith('.')).map((path) => path.split('/', 1)[0] ?? path);
  const groups: [names: string[], why: string][] = [
    [
      [...new Set(top)],
      "begin with a dot at the top: KubeDL's loader copies /kubedl-model/*, which leaves them out",
    ],
    [
      paths.filter((path) => path.includes('..')),
      // modelpack/modctl pkg/archiver/archiver.go; https://github.com/secretflow/kuscia/pull/1123
      'hold "..": some unpackers, those of modctl and Kuscia among them, take that for a way out and refuse it',
    ],
    [
      paths.filter((path) => path.includes('\\')),
      'hold a backslash: on Windows it separates directories, so unpackers there refuse or misplace them',
    ],
  ];
  return groups
    .filter(([names]) => names.length > 0)
    .map(([names, why]) => `${quoteSome(names)}: names that ${why}.`);
}
