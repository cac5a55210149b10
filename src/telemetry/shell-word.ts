/** A text as a shell reads it as one word: people paste commands, and what a declaration says is a stranger's text. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
