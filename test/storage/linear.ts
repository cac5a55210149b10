/**
 * Whether an expression takes time linear in the length of any text: it repeats nothing without an end but a single
 * class of characters, only behind words that a text must have first, and each repetition ends at what the class does
 * not have. So no two ways lead over the same text, and no text is gone over from more than a few places.
 */
export function isLinear({ source }: RegExp): boolean {
  const parts = tokens(source);
  return parts.every((part, index) => {
    if (!/[*+]$|\{\d+,\}$/.test(part) || part.startsWith('\\+')) return true;
    if (part.startsWith(')')) return false;
    const before = parts
      .slice(parts.lastIndexOf('|', index) + 1, index)
      .filter((each) => each.length === 1 && /[a-z]/i.test(each)).length;
    return before >= 4 && endsAt(part, parts[index + 1] ?? '');
  });
}

/** Whether what follows a repeated class is not of that class. */
function endsAt(repeated: string, next: string): boolean {
  if (/^\((?:\?:)?$/.test(next)) return repeated.startsWith('\\s') || repeated.startsWith('\\d');
  const one = new RegExp(`^${repeated.replace(/(?:[*+]|\{\d+,\})$/, '')}$`);
  const character = next.startsWith('\\') ? next.slice(1, 2) : next.slice(0, 1);
  return character !== '' && !one.test(character);
}

/** Characters, escapes, classes and parentheses, each with its quantifier. */
function tokens(source: string): string[] {
  return source.match(/(?:\(\?[:=!]|\\.|\[(?:\\.|[^\]\\])*\]|[^])(?:[*+?]|\{\d+(?:,\d*)?\})?/g) ?? [];
}
