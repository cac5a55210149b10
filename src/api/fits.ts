import type { Grammar } from './grammar.ts';

/** Whether a text is what a grammar says: what an older CRD let in need not be. */
export function fits({ pattern, max }: Grammar, text: string): boolean {
  return text.length <= max && text.isWellFormed() && new RegExp(`^(?:${pattern})$`).test(text);
}
