import { type Command, Option } from 'commander';
import { asStowageError } from '../errors.ts';

export type OutputFormat = 'json' | 'yaml' | 'wide';

export interface OutputOption {
  readonly output?: OutputFormat;
}

/** Adds `-o, --output` with the formats that the verb knows. */
export function addOutput(command: Command, formats: readonly OutputFormat[]): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'print for machines, or more columns').choices([...formats]),
  );
}

/** Prints one document to stdout. */
export async function printDocument(document: unknown, format: OutputFormat): Promise<void> {
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    process.stdout.write(stringify(document));
  } else {
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
}

/** Runs `work`; where it fails and a document was asked for, the error becomes that document too. */
export async function reportingErrors<T>(
  format: OutputFormat | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message, hint } = asStowageError(thrown);
    if (format !== undefined) await printDocument({ error: { code, message, hint } }, format);
    throw thrown;
  }
}
