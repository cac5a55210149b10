/** Longer texts are cut: the beginning tells which one it is. */
const MAX_SHOWN = 100;
const MAX_KEYS_SHOWN = 5;

/** What was found, in words. `source`: as it was written. */
export function describe(value: unknown, source?: string): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return source ?? JSON.stringify(value);
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty mapping';
  const more = keys.length > MAX_KEYS_SHOWN ? ', …' : '';
  return `a mapping of ${keys.slice(0, MAX_KEYS_SHOWN).map(plainKey).join(', ')}${more}`;
}

/** A text in quotes, cut where it is long. */
export function quote(text: string): string {
  if (text.length <= MAX_SHOWN) return JSON.stringify(text);
  return `${JSON.stringify(`${text.slice(0, MAX_SHOWN)}…`)} (${text.length} characters)`;
}

/** A key as it is where nothing in it can be misread. */
export function plainKey(key: string): string {
  return /^[\w-]+$/.test(key) && key.length <= MAX_SHOWN ? key : quote(key);
}
