/** `ro` is said by the caller and by no one else; `defaults` would take it back. */
const OF_THE_CALLER = new Set(['ro', 'rw', 'defaults']);

/** Options of which the last one holds, though their names differ. */
const SAME = new Map([
  ['hard', 'soft'],
  ['softerr', 'soft'],
  ['vers', 'nfsvers'],
]);

/**
 * The options of a kind with those of the administrator, which take the place of those of the same name.
 * @param own names are distinct
 * @param theirs each may hold several, with commas between, as mount takes them
 */
export function mountOptions(own: readonly string[], theirs: readonly string[]): string[] {
  const given = theirs
    .flatMap((each) => each.split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '' && !OF_THE_CALLER.has(nameOf(each)));
  const names = new Set(given.map(nameOf));
  return [...own.filter((each) => !names.has(nameOf(each))), ...given];
}

function nameOf(option: string): string {
  const [name = ''] = option.split('=');
  return SAME.get(name) ?? name;
}
