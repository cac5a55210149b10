import { Composer, LineCounter, type Document } from 'yaml';
import type { Path } from './path.ts';
import { boundedTokens, Budget } from './yaml-limits.ts';
import { Nodes } from './yaml-nodes.ts';

/** A place in the text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something wrong at a place. */
export interface Problem extends Place {
  readonly text: string;
}

export interface YamlDocument {
  /** Mappings as plain objects. A key without a value is left out, as the API server does. */
  readonly value: unknown;
  /** What is not YAML or not accepted; `value` is of no use then. */
  readonly problems: readonly Problem[];
  /** Where a field stands, or the nearest mapping around it: its value, or its key. */
  placeOf(path: Path, part?: 'key'): Place;
  /** A plain value as it was written: `1.0` is the number 1 once it is read. */
  sourceOf(path: Path): string | undefined;
}

/**
 * Reads a stream of YAML 1.2 documents; empty ones are skipped.
 * @param file what the text is called in messages
 * @throws DeclarationInvalid where the text exceeds a limit
 */
export function readYaml(text: string, file: string): YamlDocument[] {
  const budget = new Budget(file);
  const lines = new LineCounter();
  const documents: YamlDocument[] = [];
  for (const document of composer(lines).compose(boundedTokens(text, budget, lines.addNewLine))) {
    const read = readDocument(document, budget, lines);
    if (read.value === undefined && read.problems.length === 0) continue;
    budget.spend('documents');
    documents.push(read);
  }
  return documents;
}

function composer(lineCounter: LineCounter): Composer {
  return new Composer({
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
    stringKeys: true,
    // The library compares each key with all others; Nodes looks them up.
    uniqueKeys: false,
    lineCounter,
    prettyErrors: false,
  });
}

function readDocument(document: Document.Parsed, budget: Budget, lines: LineCounter): YamlDocument {
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  // A warning is an unknown tag or directive: nothing of ours.
  const problems = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    ...place(pos[0]),
    text: `not valid YAML: ${message}`,
  }));
  const nodes = new Nodes(document, budget, (offset, text) => problems.push({ ...place(offset), text }));
  return {
    value: problems.length === 0 ? (nodes.read(document.contents) ?? undefined) : undefined,
    problems,
    placeOf: (path, part) => place(nodes.find(path)[part ?? 'offset']),
    sourceOf: (path) => nodes.find(path).source,
  };
}
