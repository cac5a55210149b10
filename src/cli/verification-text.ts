import type { Verification } from '../pull/verify.ts';
import { visible } from '../telemetry/text.ts';

/** What a check of a folder has shown, for people. */
export function verificationText(found: Verification): string {
  const { missing, differing, extra, right, image, directory, verified } = found;
  const lines = [
    ...missing.map((path) => `missing    ${path}`),
    ...differing.map((path) => `differs    ${path}`),
    ...extra.map((path) => `not in it  ${path}`),
  ];
  const files = right === 1 ? '1 file is' : `${right} files are`;
  const sum = verified
    ? `${files} right, and nothing else is there: ${directory}`
    : `${files} right, ${missing.length} missing, ${differing.length} different, ${extra.length} not in the image: ${directory}`;
  return [...lines, ...(lines.length > 0 ? [''] : []), sum, `image  ${image}`].map(visible).join('\n');
}
