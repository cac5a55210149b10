const PATTERN = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Whether a text may be a tag (OCI distribution-spec, "Pulling manifests"). */
export function isTag(text: string): boolean {
  return PATTERN.test(text);
}
