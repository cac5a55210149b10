/** Milliseconds until so many seconds after a time have passed; 0 or less: they have. */
export function overdue(since: string | Date, seconds: number, now: Date): number {
  return new Date(since).getTime() + seconds * 1000 - now.getTime();
}
