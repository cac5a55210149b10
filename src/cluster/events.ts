import { CORE_EVENTS, type CoreEvent } from '../kube/core.ts';
import { isForbidden } from '../kube/kube-error.ts';
import type { Remote } from './connect.ts';
import { listAll } from '../kube/reads.ts';

/** More than this is history, which nobody reads to find out why it does not go on. */
const MAX_EVENTS = 10;

/** Something that happened to an object. */
export interface Happened {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly last: Date | undefined;
}

/** The last events about an object, the newest last; undefined where they may not be read. */
export async function eventsOf(
  remote: Remote,
  { namespace, uid }: { readonly namespace: string; readonly uid: string },
  signal: AbortSignal,
): Promise<Happened[] | undefined> {
  const selection = { namespace, fieldSelector: `involvedObject.uid=${uid}` };
  try {
    return recent(await listAll(remote.api, CORE_EVENTS, selection, signal));
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

/** Events of both API groups: where one has a series, the other has a count. */
export function recent(events: readonly CoreEvent[]): Happened[] {
  return events
    .map(happened)
    .sort((a, b) => (a.last?.getTime() ?? 0) - (b.last?.getTime() ?? 0))
    .slice(-MAX_EVENTS);
}

function happened(event: CoreEvent): Happened {
  const { type = '', reason = '', message = '', series, count, lastTimestamp, eventTime } = event;
  const last = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? event.metadata.creationTimestamp;
  return {
    ...{ type, reason, message },
    count: series?.count ?? count ?? 1,
    last: last === undefined ? undefined : new Date(last),
  };
}
