/** Columns of a terminal. Elsewhere lines are searched rather than read, and stay whole. */
export function columnsOf({ columns }: { readonly columns?: number }): number {
  return columns ?? Infinity;
}
