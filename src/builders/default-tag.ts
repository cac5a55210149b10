/** KubeDL's default tag: the first five characters of the object's UID. */
const DEFAULT_TAG_LENGTH = 5;

export function defaultTag(uid: string): string {
  return uid.slice(0, DEFAULT_TAG_LENGTH);
}
