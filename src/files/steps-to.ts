/** The way from a directory to a path, both absolute and normal: "" where they are the same; undefined: it does not lead there. */
export function stepsTo(directory: string, path: string): string | undefined {
  if (directory === path) return '';
  const start = directory.endsWith('/') ? directory : `${directory}/`;
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}
