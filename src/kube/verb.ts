/** What a request does, in the words of RBAC, and "apply", which RBAC calls patch. A label of metrics. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete';

const READS: ReadonlySet<Verb> = new Set(['get', 'list', 'watch']);

/** Whether it changes nothing, so that it can be sent twice. */
export function isRead(verb: Verb): boolean {
  return READS.has(verb);
}
