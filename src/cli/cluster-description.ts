import type { PodView } from '../cluster/builder-pod.ts';
import { courseOf, type Course } from '../cluster/course.ts';
import type { Happened } from '../cluster/events.ts';
import { headline } from '../cluster/verdict.ts';
import type { VersionView } from '../cluster/view.ts';
import { visible } from '../telemetry/text.ts';
import { conditionTable, declared, facts, outcome } from './description.ts';
import { fields, sections, titled } from './sections.ts';
import { formatAge } from './terminal/format.ts';
import { paragraphs } from './terminal/paragraphs.ts';
import { renderTextTable } from './terminal/table.ts';
import { trafficText } from './traffic.ts';

/** What a description is made for. */
interface Reader {
  readonly now: Date;
  /** Of the terminal. */
  readonly columns: number;
  /** A command line that reaches this cluster and namespace. */
  readonly suggest: (command: string) => string;
}

/**
 * A ModelVersion in a cluster, for people: first in a line where it stands, then what that follows from, last what to
 * try next.
 */
export function describeVersionInCluster(
  { version, pod, events }: VersionView,
  { now, columns, suggest }: Reader,
): string {
  const course = courseOf(version);
  const inside = columns - INDENT;
  const message = 'message' in course ? course.message : '';
  return sections([
    visible(headline(course, now)),
    paragraphs(message, columns).join('\n'),
    fields(declared(version)),
    fields([...outcome(withoutMessage(version.status), undefined), ...traffic(version.status)]),
    fields(facts(version.status?.model)),
    titled('Builder pod', pod === undefined ? '' : podFields(pod)),
    titled('Conditions', conditionTable(version, { now, columns: inside })),
    titled('Events', eventTable(events, message, { now, columns: inside })),
    titled(
      'Next',
      nextCommands(course, version.metadata.name)
        .map((command) => suggest(command))
        .join('\n'),
    ),
  ]);
}

/** Of what has a title. */
const INDENT = 2;

type Status = VersionView['version']['status'];

/** It stands at the top already. */
function withoutMessage(status: Status): Status {
  if (status === undefined) return undefined;
  const rest = { ...status };
  delete rest.message;
  return rest;
}

function traffic(status: Status): [string, string | undefined][] {
  const bytes = status?.bytes;
  return [['Bytes', bytes && trafficText(bytes)]];
}

function podFields({ name, node, phase, state }: PodView): string {
  return fields([
    ['Name', name],
    ['Node', node],
    ['Phase', phase],
    ['State', state],
  ]);
}

/** @param above what was said already */
function eventTable(
  events: readonly Happened[] | undefined,
  above: string,
  { now, columns }: Pick<Reader, 'now' | 'columns'>,
): string {
  if (events === undefined) return 'you may not list events';
  if (events.length === 0) return '';
  const rows = events.map(({ type, reason, count, last, message }) => [
    type,
    reason,
    last === undefined ? '' : formatAge(last, now),
    String(count),
    isSame(message, above) ? 'as above' : message,
  ]);
  return renderTextTable(['TYPE', 'REASON', 'AGE', 'COUNT', 'MESSAGE'], rows, columns);
}

/** An event has its message on one line, and cut where it is long. */
function isSame(message: string, above: string): boolean {
  const start = message.replace(/…$/, '');
  return start !== '' && above.replaceAll(/\s+/g, ' ').startsWith(start);
}

/** What a person may want to do now. */
function nextCommands(course: Course, name: string): string[] {
  switch (course.state) {
    case 'ready':
    case 'deleting':
      return [];
    case 'unseen':
    case 'suspended':
      return [`wait ${name}`];
    case 'failed':
      return [course.resumes ? `wait ${name}` : `retry ${name}`, `delete modelversion ${name}`];
    case 'retrying':
      return [`wait ${name}`, `retry ${name}`, `cancel ${name}`];
    case 'queued':
      return [`wait ${name}`, `cancel ${name}`];
    case 'building':
    case 'waiting':
      return [`logs ${name} --follow`, `wait ${name}`, `cancel ${name}`];
  }
}
