/** Longer words are no slip of the keyboard, and comparing costs length × length. */
const MAX_LENGTH = 64;

/** The candidate that was probably meant: at most a third of it is written differently, case aside. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: edits(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= candidate.length / 3)
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate;
}

/** Levenshtein's distance: letters put in, taken out or replaced. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const [diagonal = 0, above = 0, before = 0] = [row[j], row[j + 1], next[j]];
      next.push(Math.min(above + 1, before + 1, diagonal + (from[i] === to[j] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
