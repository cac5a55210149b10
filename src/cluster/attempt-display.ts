import type { ModelVersionObject } from '../api/resources.ts';
import { sleep, SYSTEM_CLOCK } from '../kube/clock.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { BuildDisplay } from './build-display.ts';
import { logLines } from './build-log.ts';
import type { Remote } from './connect.ts';
import type { Course } from './course.ts';
import { courseNews, type CourseNews } from './course-news.ts';
import { logEventOf } from './log-event.ts';
import { progressFeed, type Feed } from './progress-feed.ts';

/** A pod's log ends with its container; its last lines arrive within moments, or do not arrive. */
const LAST_LINES_MS = 2_000;

/** Shows the attempts of one version: a line for each change, and a progress display while a pod builds. */
export interface AttemptDisplay {
  show(version: ModelVersionObject, course: Course): void;
  /** The course is at its end; waits for what the log still has to say. */
  ended(ready: boolean): Promise<void>;
  close(): void;
}

interface Attempt {
  readonly pod: string;
  readonly feed: Feed;
  readonly stop: AbortController;
  /** Whether the log tells of the progress; else the status does. */
  fromLog: boolean;
  log: Promise<void>;
}

export function attemptDisplay(
  remote: Remote,
  key: Required<ObjectKey>,
  display: BuildDisplay,
): AttemptDisplay {
  const { progress } = display;
  const label = key.namespace === remote.namespace ? key.name : `${key.namespace}/${key.name}`;
  const news = courseNews(label, display);
  return progress === undefined ? courseDisplay(news) : progressDisplay(remote, key, { news, progress });
}

/** One version of several: its course alone. */
function courseDisplay(news: CourseNews): AttemptDisplay {
  return {
    show: (_, course) => news.tell(course),
    ended: () => Promise.resolve(),
    close: () => news.close(),
  };
}

function progressDisplay(
  remote: Remote,
  { namespace, name }: Required<ObjectKey>,
  { news, progress }: { readonly news: CourseNews; readonly progress: () => Progress },
): AttemptDisplay {
  let attempt: Attempt | undefined;
  const begin = (pod: string): Attempt => {
    const feed = progressFeed(progress(), name);
    const begun = { pod, feed, stop: new AbortController(), fromLog: true, log: Promise.resolve() };
    begun.log = readLog(remote, { namespace, name: pod }, begun);
    return begun;
  };
  const close = (): void => {
    news.close();
    attempt?.stop.abort();
    attempt?.feed.finished();
    attempt = undefined;
  };
  return {
    show(version, course) {
      const pod = version.status?.builderPod;
      const builds = course.state === 'building' && pod !== undefined;
      // Of a build that is Ready the log may have more to tell: see ended().
      if (course.state === 'ready') return;
      if (!builds || pod !== attempt?.pod) close();
      news.tell(course);
      if (!builds) return;
      attempt ??= begin(pod);
      if (!attempt.fromLog) feedStatus(attempt.feed, course.progress);
    },
    async ended(ready) {
      if (attempt === undefined) return;
      const patience = sleep(SYSTEM_CLOCK, LAST_LINES_MS, attempt.stop.signal).catch(() => undefined);
      await Promise.race([attempt.log, patience]);
      if (ready) attempt.feed.complete();
      close();
    },
    close,
  };
}

/** Whoever may read versions may not be allowed to read logs; then the status has to do. */
async function readLog(remote: Remote, pod: Required<ObjectKey>, attempt: Attempt): Promise<void> {
  try {
    for await (const line of logLines(remote, pod, true, attempt.stop.signal)) feedLine(attempt.feed, line);
  } catch {
    attempt.fromLog = false;
  }
}

function feedLine(feed: Feed, line: string): void {
  const event = logEventOf(line);
  if (event?.event === 'planned') feed.planned(event);
  if (event?.event === 'layer') feed.layer(event, event.action);
  if (event?.event === 'progress') feed.at(event.bytesDone);
  if (event?.event === 'warning') feed.warning(event.message);
  if (event?.event === 'done') feed.finished();
}

function feedStatus(feed: Feed, progress: Extract<Course, { state: 'building' }>['progress']): void {
  if (progress === undefined) return;
  feed.planned({ layers: 1, bytes: progress.total });
  feed.at(progress.bytes);
}
