import { check } from '../api/explain.ts';
import { isMapping, type Mapping } from '../api/mapping.ts';
import { pathText } from '../api/path.ts';
import { refusal } from '../api/problems.ts';
import { describe } from '../api/words.ts';
import { readYaml, type Problem, type YamlDocument } from '../api/yaml.ts';
import { Settings } from './settings.ts';

const HINT = 'docs/settings.md has every field.';

export interface ReadSettings {
  readonly settings: Settings;
  /** As they were written, without defaults, but with the image of the builder. */
  readonly declared: Mapping;
}

/**
 * Reads the controller's settings, one YAML document.
 * @param file what the text is called in messages
 * @param image of the builder, where the text names none
 * @throws DeclarationInvalid with all that is wrong, a line each
 */
export function parseSettings(text: string, file: string, image?: string): ReadSettings {
  const [document = NOTHING, ...more] = readYaml(text, file);
  const second = more[0]?.placeOf([]);
  if (second !== undefined)
    throw refusal(file, [{ ...second, text: 'a second document; expected one' }], HINT);
  if (document.problems.length > 0) throw refusal(file, document.problems, HINT);
  const declared = withImage(document.value, image);
  const checked = isMapping(declared)
    ? check(Settings, declared, (path) => document.sourceOf(path))
    : { findings: [{ path: [], text: `found ${describe(declared)}; expected a mapping` }] };
  if ('value' in checked && isMapping(declared)) return { settings: checked.value, declared };
  const findings = 'findings' in checked ? checked.findings : [];
  const problems = findings.map(({ path, part, text: what }): Problem => ({
    ...document.placeOf(path, part),
    text: path.length === 0 ? what : `${pathText(path)}: ${what}`,
  }));
  throw refusal(file, problems, HINT);
}

/** A file that holds nothing says nothing: every field has its default. */
const NOTHING: YamlDocument = {
  value: {},
  problems: [],
  placeOf: () => ({ line: 1, column: 1 }),
  sourceOf: () => undefined,
};

function withImage(declared: unknown, image: string | undefined): unknown {
  if (image === undefined || !isMapping(declared)) return declared;
  const { builder = {} } = declared;
  return isMapping(builder) ? { ...declared, builder: { image, ...builder } } : declared;
}
