import { KINDS } from '../../src/storage/kinds.ts';

/** docs/storage/README.md: which kinds there are, from what each says of itself. */
export function storagesPage(): string {
  const rows = KINDS.map(({ key, about: { what, nodes, volume, onOneMachine } }) =>
    [`[\`${key}\`](${key.toLowerCase()}.md)`, what, nodes, volume, onOneMachine].join(' | '),
  );
  return `# Storages: where a model lies

\`spec.storage\` names exactly one.

| | what it is | nodes that build from it | what the controller makes of it | on one machine |
|---|---|---|---|---|
| ${rows.join(' |\n| ')} |

## What holds for all of them

- **Nothing is written.** Every volume, mount and container mount is read-only, and a volume that the controller makes goes
  when the attempt ends. The model's files are never deleted, moved or changed.
- **In a cluster a [StoragePolicy](../policies.md) must allow it.** The directory that the policy names is what is mounted;
  the rest of the path is the mount's \`subPath\`, which the node resolves without following a link out of it.
- **The model is read once**, in one pass, by one pod on one node; no copy of it is made.
- **A path is absolute**, without \`.\`, \`..\` and \`//\`; a \`/\` at its end changes nothing.
- **\`mountPath\`** is taken where KubeDL has it, and not used.
- **What goes wrong has a reason**, in the conditions of the ModelVersion, with the words of the node behind it:
  [troubleshooting.md](../troubleshooting.md#in-a-cluster-by-reason), and each page for its own.

A kind that is not here: mount it on a node or a machine and name the directory as \`localStorage\`, or put it behind a
PersistentVolumeClaim. A new kind is one file: [CONTRIBUTING.md](../../CONTRIBUTING.md).
`;
}
