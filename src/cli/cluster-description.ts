import type { PodView } from '../cluster/builder-pod.ts';
import { courseOf, type Course } from '../cluster/course.ts';
import type { Happened } from '../cluster/events.ts';
import { headline, inALine } from '../cluster/verdict.ts';
import type { VersionView } from '../cluster/view.ts';
import { visible } from '../telemetry/text.ts';
import { conditionTable, declared, facts, outcome } from './description.ts';
import { fields, sections, titled } from './sections.ts';
import { formatAge, formatBytes } from './terminal/format.ts';
import { paragraphs } from './terminal/paragraphs.ts';
import { renderTable } from './terminal/table.ts';

/**
 * A ModelVersion in a cluster, for people: first in a line where it stands, then what that follows from, last what to
 * try next.
 * @param suggest a command line that reaches this cluster and namespace
 */
export function describeVersionInCluster(
  { version, pod, events }: VersionView,
  now: Date,
  suggest: (command: string) => string,
): string {
  const course = courseOf(version);
  return sections([
    visible(headline(course, now)),
    'message' in course ? paragraphs(course.message, COLUMNS).join('\n') : '',
    fields(declared(version)),
    fields([...outcome(withoutMessage(version.status), undefined), ...times(version.status)]),
    fields(facts(version.status?.model)),
    titled('Builder pod', pod === undefined ? '' : podFields(pod)),
    titled('Conditions', conditionTable(version)),
    titled('Events', eventTable(events, now)),
    titled(
      'Next',
      nextCommands(course, version.metadata.name)
        .map((command) => suggest(command))
        .join('\n'),
    ),
  ]);
}

/** Wide enough for sentences. */
const COLUMNS = 100;

type Status = VersionView['version']['status'];

/** It stands at the top already. */
function withoutMessage(status: Status): Status {
  if (status === undefined) return undefined;
  const rest = { ...status };
  delete rest.message;
  return rest;
}

function times(status: Status): [string, string | undefined][] {
  const bytes = status?.bytes;
  return [
    ['Started', status?.startTime],
    ['Next attempt', status?.retryTime],
    [
      'Bytes',
      bytes &&
        `read ${formatBytes(bytes.read)}, sent ${formatBytes(bytes.sent)}, reused ${formatBytes(bytes.reused)}`,
    ],
  ];
}

function podFields({ name, node, phase, state }: PodView): string {
  return fields([
    ['Name', name],
    ['Node', node],
    ['Phase', phase],
    ['State', state],
  ]);
}

function eventTable(events: readonly Happened[] | undefined, now: Date): string {
  if (events === undefined) return 'you may not list events';
  if (events.length === 0) return '';
  const rows = events.map(({ type, reason, count, last, message }) => [
    type,
    reason,
    last === undefined ? '' : formatAge(last, now),
    String(count),
    inALine(message),
  ]);
  return renderTable(['TYPE', 'REASON', 'AGE', 'COUNT', 'MESSAGE'], rows);
}

/** What a person may want to do now. */
function nextCommands({ state }: Course, name: string): string[] {
  switch (state) {
    case 'ready':
    case 'deleting':
      return [];
    case 'unseen':
    case 'suspended':
      return [`wait ${name}`];
    case 'failed':
      return [`retry ${name}`, `logs ${name}`, `delete modelversion ${name}`];
    case 'retrying':
      return [`retry ${name}`, `logs ${name}`, `cancel ${name}`];
    case 'queued':
      return [`wait ${name}`, `cancel ${name}`];
    case 'building':
    case 'waiting':
      return [`logs ${name} --follow`, `wait ${name}`, `cancel ${name}`];
  }
}
