/** RFC 3339 in whole seconds, as Kubernetes writes `metav1.Time`. */
export function timestampOf(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
