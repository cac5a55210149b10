import { clusterFindings } from './cluster-findings.ts';
import { check, type Finding, type SourceOf } from './explain.ts';
import { API_VERSION } from './group.ts';
import { withAbsolutePaths } from './local-paths.ts';
import { isMapping, type Mapping } from './mapping.ts';
import { DeclaredMetadata, SERVER_SET_METADATA } from './metadata.ts';
import { Model } from './model.ts';
import { ModelVersion } from './modelversion.ts';
import { pathText, type Path } from './path.ts';
import { refusal } from './problems.ts';
import { StoragePolicy } from './storagepolicy.ts';
import { nearest } from './suggestion.ts';
import { describe } from './words.ts';
import { readYaml, type Problem, type YamlDocument } from './yaml.ts';

/** What people declare. */
export type Declaration = Model | ModelVersion | StoragePolicy;

const DeclaredModel = Model.omit({ status: true }).extend({ metadata: DeclaredMetadata });
const DeclaredModelVersion = ModelVersion.omit({ status: true }).extend({ metadata: DeclaredMetadata });
const DeclaredStoragePolicy = StoragePolicy.extend({ metadata: DeclaredMetadata.omit({ namespace: true }) });

/** Said instead of a directory: the declarations are for a cluster, where there is nothing to be relative to. */
export const IN_CLUSTER = Symbol('in a cluster');

/** What the declarations are for: this machine, with the absolute path of the directory of the file, or a cluster. */
export type Site = string | typeof IN_CLUSTER;

/**
 * Reads declarations from a stream of YAML documents, Lists included, and checks them. What only the API server
 * writes (status, metadata such as uid) is ignored, so that the output of `kubectl get -o yaml` is a declaration too.
 * @param file what the text is called in messages
 * @param site what a relative `spec.storage.localStorage.path` and a relative `oci:` directory in `spec.imageRepo` and
 *   `spec.base` are relative to; in a cluster neither is accepted
 * @throws DeclarationInvalid with all that is wrong, a line each: file, line, column, field, found, expected
 */
export function parseDeclarations(text: string, file: string, site: Site): Declaration[] {
  const documents = readYaml(text, file).map((document) => read(document, site));
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

function read(document: YamlDocument, site: Site): Read {
  if (document.problems.length > 0) return { declarations: [], problems: document.problems };
  const checked = declare(document, site);
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

function declare(document: YamlDocument, site: Site): Checked[] {
  const { value } = document;
  if (!isMapping(value) || value['kind'] !== 'List')
    return [declareObject(value, sourcesOf(document, []), site)];
  const { items } = value;
  if (!Array.isArray(items)) return [wrong(['items'], `found ${describe(items)}; expected a list`)];
  return items.map((item: unknown, index) => {
    const path = ['items', index];
    const checked = declareObject(item, sourcesOf(document, path), site);
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

function declareObject(value: unknown, sourceOf: SourceOf, site: Site): Checked {
  if (!isMapping(value)) return wrong([], `found ${describe(value)}; expected ${EXPECTED_KINDS}`);
  const { kind, metadata, spec } = value;
  const declared = {
    ...without(value, ['status']),
    ...(isMapping(metadata) && { metadata: without(metadata, SERVER_SET_METADATA) }),
    ...(spec !== undefined && site !== IN_CLUSTER && { spec: withAbsolutePaths(spec, site) }),
  };
  if (kind === 'Model') return check(DeclaredModel, declared, sourceOf);
  if (kind === 'StoragePolicy') return check(DeclaredStoragePolicy, declared, sourceOf);
  if (kind !== 'ModelVersion') return wrong(['kind'], unknownKind(kind));
  const checked = check(DeclaredModelVersion, declared, sourceOf);
  return site === IN_CLUSTER ? joined(checked, clusterFindings(spec)) : checked;
}

/** Of two findings about one field, the one that knows of clusters says what to do. */
function joined(checked: Checked, more: readonly Finding[]): Checked {
  if (more.length === 0) return checked;
  const said = new Set(more.map(({ path }) => pathText(path)));
  const others = 'findings' in checked ? checked.findings : [];
  return { findings: [...others.filter(({ path }) => !said.has(pathText(path))), ...more] };
}

const EXPECTED_KINDS = `Model, ModelVersion or StoragePolicy of ${API_VERSION}, or List of v1`;

const DECLARED_KINDS = ['Model', 'ModelVersion', 'StoragePolicy', 'List'];

function unknownKind(kind: unknown): string {
  const meant = typeof kind === 'string' ? nearest(kind, DECLARED_KINDS) : undefined;
  return `found ${describe(kind)}; expected ${EXPECTED_KINDS}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function without(mapping: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => !keys.includes(key)));
}
