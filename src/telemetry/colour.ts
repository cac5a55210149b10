import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Gives a text colour, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/**
 * The paint for what is written to a stream: colours only on a terminal that has them. NO_COLOR (https://no-color.org)
 * switches them off, FORCE_COLOR on, also where there is no terminal; Node knows the rules.
 */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}
