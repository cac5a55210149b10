import type { KeptUpload, KeptUploads } from '../../src/oci/kept-uploads.ts';

/** Uploads that a test looks at. It stands for several processes: what was taken can be taken again. */
export class MemoryUploads implements KeptUploads {
  readonly entries = new Map<string, KeptUpload>();
  /** What was asked for, in order: "keep", "forget", … */
  readonly calls: string[] = [];

  take(repository: string, key: string): Promise<KeptUpload | undefined> {
    this.calls.push('take');
    return Promise.resolve(this.entries.get(`${repository} ${key}`));
  }

  keep(repository: string, key: string, location: string): Promise<boolean> {
    this.calls.push('keep');
    this.entries.set(`${repository} ${key}`, { key, location });
    return Promise.resolve(true);
  }

  stored(repository: string, key: string): Promise<void> {
    this.calls.push('stored');
    this.entries.set(`${repository} ${key}`, { key });
    return Promise.resolve();
  }

  forget(repository: string, key: string): Promise<void> {
    this.calls.push('forget');
    this.entries.delete(`${repository} ${key}`);
    return Promise.resolve();
  }

  release(): Promise<void> {
    this.calls.push('release');
    return Promise.resolve();
  }

  takeLeftovers(
    repository: string,
    keys: ReadonlySet<string>,
    limit: number,
  ): Promise<readonly KeptUpload[]> {
    const left = [...this.entries]
      .filter(([name, { key }]) => name.startsWith(`${repository} `) && !keys.has(key))
      .slice(0, limit);
    for (const [name] of left) this.entries.delete(name);
    return Promise.resolve(left.map(([, upload]) => upload));
  }
}
