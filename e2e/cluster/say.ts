/** A line for whoever waits: on stderr, where it mixes with no result. */
export function say(line: string): void {
  process.stderr.write(`e2e: ${line}\n`);
}

/** A duration for people: `4.2 s`, `3 min 5 s`. */
export function seconds(ms: number): string {
  const whole = Math.round(ms / 1000);
  if (whole < 60) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
