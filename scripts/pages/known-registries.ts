import { KNOWN_REGISTRIES } from '../../src/registry/capabilities.ts';

/** docs/known-registries.md: what is known of registries before they are asked. */
export function knownRegistriesPage(): string {
  const rows = KNOWN_REGISTRIES.map(({ name, maxLayerBytes, resumes, source }) =>
    [
      `[${name}](${source})`,
      maxLayerBytes === undefined ? 'not known' : sizeOf(maxLayerBytes),
      resumes === false ? 'no: a layer whose upload broke is sent again' : 'found out',
    ].join(' | '),
  );
  return `# What is known of registries

Of these registries something is known before they are asked; each line has its source. A layer that is larger than its
registry takes is refused before the first byte is sent (\`LayerTooLarge\`); save the model in smaller shards then.

| registry | largest layer | goes on with an upload that broke |
|---|---|---|
| ${rows.join(' |\n| ')} |

Everything else is found out while an upload runs, and remembered for the rest of the build:

| the registry | what is done from then on |
|---|---|
| answers 400, 405 or 501 when it is asked how far an upload is, or does not say | layers whose upload broke are sent again as a whole |
| asks for chunks of at least so many bytes (\`OCI-Chunk-Min-Length\`) | layers are sent in chunks of that size |
| or a proxy before it answers 413 to a whole layer | layers are sent in chunks of 96 MiB, then of 16 MiB |
| refuses a chunk | layers are sent in one request each |
| answers 429 or 5xx, or breaks connections | half as many layers are sent at a time, for ten seconds at least |

Registries that people run themselves take what their storage and the proxies before them take. Known of those:
distribution on S3 takes about 100 GB in a layer (10,000 parts of its \`chunksize\`), Quay on S3 50 GB.
`;
}

function sizeOf(bytes: number): string {
  const [size, unit] =
    bytes % 1e9 === 0
      ? [bytes / 1e9, 'GB']
      : bytes % 1024 ** 3 === 0
        ? [bytes / 1024 ** 3, 'GiB']
        : [bytes / 1024 ** 2, 'MiB'];
  return `${size.toLocaleString('en')} ${unit}`;
}
