import type { BuildDisplay } from './build-display.ts';
import type { Course } from './course.ts';

/** A controller that runs looks at a new version within a second. */
const UNSEEN_MS = 5_000;

export interface CourseNews {
  tell(course: Course): void;
  close(): void;
}

/** Tells a display where a version stands. Everything begins unseen: that is news only where it stays so. */
export function courseNews(name: string, display: BuildDisplay): CourseNews {
  let said = '';
  let unseen: NodeJS.Timeout | undefined;
  return {
    tell(course) {
      const isNews = said !== keyOf(course);
      said = keyOf(course);
      clearTimeout(unseen);
      if (course.state === 'unseen') unseen = setTimeout(() => display.course(name, course), UNSEEN_MS);
      else if (isNews) display.course(name, course);
      else display.moved(name, course);
    },
    close: () => clearTimeout(unseen),
  };
}

/** What a person hears of: that it goes on within the same state is shown in place. */
function keyOf(course: Course): string {
  if (course.state === 'queued') return `queued ${course.before}`;
  return `${course.state} ${'reason' in course ? course.reason : ''}`;
}
