/** One way in which a server lets itself be asked (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A realm, a service and a few scopes have some hundred characters. */
const MAX_HEADER_LENGTH = 8 * 1024;
const MAX_CHALLENGES = 8;
const MAX_PARAMETERS = 16;

// Sticky and without nested repetition: each looks at a character once.
const SCHEME = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/y;
const PARAMETER = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;

/**
 * Reads a WWW-Authenticate header. What comes after the first thing that cannot be understood is left out; so is
 * everything when the header is longer than any honest one.
 */
export function parseChallenges(header: string | undefined): Challenge[] {
  if (header === undefined || header.length > MAX_HEADER_LENGTH) return [];
  const challenges: Challenge[] = [];
  let position = 0;
  while (challenges.length < MAX_CHALLENGES) {
    const scheme = matchAt(SCHEME, header, position);
    if (scheme?.[1] === undefined) break;
    const { parameters, end } = parseParameters(header, position + scheme[0].length);
    challenges.push({ scheme: scheme[1].toLowerCase(), parameters });
    position = end;
  }
  return challenges;
}

function parseParameters(header: string, start: number): { parameters: Map<string, string>; end: number } {
  const parameters = new Map<string, string>();
  let end = start;
  while (parameters.size < MAX_PARAMETERS) {
    const match = matchAt(PARAMETER, header, end);
    if (match?.[1] === undefined) break;
    parameters.set(match[1].toLowerCase(), match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? '');
    end += match[0].length;
  }
  return { parameters, end };
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
