/** Command line flags in the one form that all parts of Kubernetes, and etcd, read: `--name=value`. */
export function flags(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${String(value)}`);
}
