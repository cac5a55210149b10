import { check, type Finding, type SourceOf } from './explain.ts';
import { API_VERSION } from './group.ts';
import { withAbsolutePaths } from './local-paths.ts';
import { isMapping, type Mapping } from './mapping.ts';
import { DeclaredMetadata, SERVER_SET_METADATA } from './metadata.ts';
import { Model } from './model.ts';
import { ModelVersion } from './modelversion.ts';
import { pathText, type Path } from './path.ts';
import { refusal } from './problems.ts';
import { nearest } from './suggestion.ts';
import { describe } from './words.ts';
import { readYaml, type Problem, type YamlDocument } from './yaml.ts';

/** What people declare. */
export type Declaration = Model | ModelVersion;

const DeclaredModel = Model.omit({ status: true }).extend({ metadata: DeclaredMetadata });
const DeclaredModelVersion = ModelVersion.omit({ status: true }).extend({ metadata: DeclaredMetadata });

/**
 * Reads declarations from a stream of YAML documents, Lists included, and checks them. What only the API server
 * writes (status, metadata such as uid) is ignored, so that the output of `kubectl get -o yaml` is a declaration too.
 * @param file what the text is called in messages
 * @param baseDirectory absolute; what a relative `spec.storage.localStorage.path` and a relative `oci:` directory in
 *   `spec.imageRepo` and `spec.base` are relative to
 * @throws DeclarationInvalid with all that is wrong, a line each: file, line, column, field, found, expected
 */
export function parseDeclarations(text: string, file: string, baseDirectory: string): Declaration[] {
  const documents = readYaml(text, file).map((document) => read(document, baseDirectory));
  const problems = documents.flatMap((document) => document.problems);
  if (documents.length === 0)
    problems.push({ line: 1, column: 1, text: `found nothing; expected ${EXPECTED_KINDS}` });
  if (problems.length > 0) throw refusal(file, problems);
  return documents.flatMap((document) => document.declarations);
}

interface Read {
  readonly declarations: readonly Declaration[];
  readonly problems: readonly Problem[];
}

function read(document: YamlDocument, baseDirectory: string): Read {
  if (document.problems.length > 0) return { declarations: [], problems: document.problems };
  const checked = declare(document, baseDirectory);
  const findings = checked.flatMap((each) => ('findings' in each ? each.findings : []));
  return {
    declarations: checked.flatMap((each) => ('value' in each ? [each.value] : [])),
    problems: findings.map(({ path, part, text }) => ({
      ...document.placeOf(path, part),
      text: path.length === 0 ? text : `${pathText(path)}: ${text}`,
    })),
  };
}

type Checked = { readonly value: Declaration } | { readonly findings: readonly Finding[] };

function declare(document: YamlDocument, baseDirectory: string): Checked[] {
  const { value } = document;
  if (!isMapping(value) || value['kind'] !== 'List')
    return [declareObject(value, sourcesOf(document, []), baseDirectory)];
  const { items } = value;
  if (!Array.isArray(items)) return [wrong(['items'], `found ${describe(items)}; expected a list`)];
  return items.map((item: unknown, index) => {
    const path = ['items', index];
    const checked = declareObject(item, sourcesOf(document, path), baseDirectory);
    if ('value' in checked) return checked;
    return {
      findings: checked.findings.map((finding) => ({ ...finding, path: [...path, ...finding.path] })),
    };
  });
}

function sourcesOf(document: YamlDocument, object: Path): SourceOf {
  return (path) => document.sourceOf([...object, ...path]);
}

function wrong(path: Path, text: string): Checked {
  return { findings: [{ path, text }] };
}

function declareObject(value: unknown, sourceOf: SourceOf, baseDirectory: string): Checked {
  if (!isMapping(value)) return wrong([], `found ${describe(value)}; expected ${EXPECTED_KINDS}`);
  const { kind, metadata, spec } = value;
  const declared = {
    ...without(value, ['status']),
    ...(isMapping(metadata) && { metadata: without(metadata, SERVER_SET_METADATA) }),
    ...(spec !== undefined && { spec: withAbsolutePaths(spec, baseDirectory) }),
  };
  if (kind === 'Model') return check(DeclaredModel, declared, sourceOf);
  if (kind === 'ModelVersion') return check(DeclaredModelVersion, declared, sourceOf);
  return wrong(['kind'], unknownKind(kind));
}

const EXPECTED_KINDS = `Model or ModelVersion of ${API_VERSION}, or List of v1`;

function unknownKind(kind: unknown): string {
  const meant = typeof kind === 'string' ? nearest(kind, ['Model', 'ModelVersion', 'List']) : undefined;
  return `found ${describe(kind)}; expected ${EXPECTED_KINDS}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function without(mapping: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => !keys.includes(key)));
}
