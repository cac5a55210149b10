import type { KeptUpload, KeptUploads } from '../../src/oci/kept-uploads.ts';

/** Uploads that a test looks at. It stands for several processes: what was taken can be taken again. */
export class MemoryUploads implements KeptUploads {
  readonly entries = new Map<string, string>();
  /** What was asked for, in order: "keep", "forget", … */
  readonly calls: string[] = [];

  take(repository: string, key: string): Promise<string | undefined> {
    this.calls.push('take');
    return Promise.resolve(this.entries.get(`${repository} ${key}`));
  }

  keep(repository: string, key: string, location: string): Promise<void> {
    this.calls.push('keep');
    this.entries.set(`${repository} ${key}`, location);
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

  takeLeftovers(repository: string, keys: ReadonlySet<string>): Promise<readonly KeptUpload[]> {
    const left = [...this.entries]
      .map(([name, location]) => ({ name, key: name.split(' ')[1] ?? '', location }))
      .filter(({ name, key }) => name.startsWith(`${repository} `) && !keys.has(key));
    for (const { name } of left) this.entries.delete(name);
    return Promise.resolve(left);
  }
}
