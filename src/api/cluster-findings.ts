import type { Finding } from './explain.ts';
import { NODE_NAME } from './grammar.ts';
import { isMapping } from './mapping.ts';
import { describe } from './words.ts';

/**
 * What a ModelVersion's spec may say on one machine and not in a cluster, or must say there. The API server would
 * refuse the first as well, but knows neither file nor line; the second only the controller would notice.
 */
export function clusterFindings(spec: unknown): Finding[] {
  if (!isMapping(spec)) return [];
  return [
    ...layoutFinding('imageRepo', spec['imageRepo'], 'a repository in a registry'),
    ...layoutFinding('base', spec['base'], 'an image in a registry'),
    ...nodeFinding(spec['storage']),
  ];
}

function layoutFinding(field: string, value: unknown, expected: string): Finding[] {
  if (typeof value !== 'string' || !value.startsWith('oci:')) return [];
  const text = `found ${describe(value)}; expected ${expected}: a directory of one machine is not seen from a cluster`;
  return [{ path: ['spec', field], text }];
}

function nodeFinding(storage: unknown): Finding[] {
  const local = isMapping(storage) ? storage['localStorage'] : undefined;
  if (!isMapping(local) || (local['nodeName'] ?? '') !== '') return [];
  const text = `found ${describe(local['nodeName'])}; expected ${NODE_NAME.expected}: in a cluster it says whose disk the path is on`;
  return [{ path: ['spec', 'storage', 'localStorage', 'nodeName'], text }];
}
