import { microTime, type EventObject, type KubeEvent } from './builtin.ts';
import type { Draft, KubeObject } from './object.ts';

/** Something that happened to an object and that whoever looks at it wants to know. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  /** Why: a word in CamelCase, out of a few. */
  readonly reason: string;
  /** What was done, or was not: a word in CamelCase, out of a few. */
  readonly action: string;
  /** For a person: one line, of which 1024 bytes are kept. */
  readonly note: string;
}

/** Who tells of it. */
export interface Reporter {
  /** A qualified name: `stowage.example.com/controller`. */
  readonly controller: string;
  /** Which of its processes: the name of its pod. */
  readonly instance: string;
}

/**
 * The limits that API servers set, in bytes, for events of events.k8s.io/v1; an event that exceeds one is refused as a
 * whole (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/).
 */
const MAX_NOTE = 1024;
const MAX_WORD = 128;
const MAX_NAME = 253;

/** Events about cluster-scoped objects lie there; the API server accepts no other namespace but kube-system. */
const CLUSTER_EVENTS = 'default';

/** @param suffix what makes its name the only one. */
export function eventDraft(
  object: KubeObject,
  happening: Happening,
  reporter: Reporter,
  { date, suffix }: { readonly date: Date; readonly suffix: string },
): Draft<KubeEvent> {
  const { name, namespace = CLUSTER_EVENTS } = object.metadata;
  return {
    metadata: { name: eventName(name, suffix), namespace },
    eventTime: microTime(date),
    reportingController: reporter.controller,
    reportingInstance: shortened(reporter.instance, MAX_WORD),
    type: happening.type,
    reason: shortened(happening.reason, MAX_WORD),
    action: shortened(happening.action, MAX_WORD),
    note: shortened(oneLine(happening.note), MAX_NOTE),
    regarding: referenceTo(object),
  };
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): EventObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
}

function eventName(object: string, suffix: string): string {
  // What was cut must not end in a dot or a dash, as no part of a name may.
  const start = object.slice(0, MAX_NAME - suffix.length - 1).replace(/[.-]+$/, '');
  return `${start}.${suffix}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
}

function shortened(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const end = '…';
  const cut = Buffer.from(text)
    .subarray(0, bytes - Buffer.byteLength(end))
    .toString('utf8');
  // A character that was cut through has become replacement characters.
  return `${cut.replace(/\uFFFD+$/, '')}${end}`;
}
