/** Who is measured, and how each is called: as its users would, on its fastest documented way. */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { TAG, type Contender } from './contender.ts';
import { kaniko } from './kaniko.ts';
import { ROOT, STOWAGE } from './paths.ts';

const raw: Contender = {
  name: 'raw',
  how: 'four parallel curl PUTs of the same files, digests known beforehand: the limit, not a packer',
  program: 'curl',
  tags: false,
  command: ({ model, repository }) => [
    'sh',
    `${ROOT}bench/raw-put.sh`,
    repository,
    ...model.files.flatMap((file) => [file.path, file.digest]),
  ],
};

const stowage: Contender = {
  name: 'Stowage',
  how: './stowage pack DIR --to REF',
  program: 'sh',
  tags: true,
  command: ({ model, repository }) => [
    STOWAGE,
    'pack',
    model.directory,
    '--to',
    `${repository}:${TAG}`,
    '-o',
    'json',
  ],
};

const modctl: Contender = {
  name: 'modctl',
  how: 'modctl build --output-remote (raw layers, its default); its cache of digests is empty each time',
  program: 'modctl',
  tags: true,
  prepare: ({ scratch }) => writeFile(`${scratch}/Modelfile`, 'NAME bench\nMODEL *.safetensors\n'),
  command: ({ model, repository, scratch }) => [
    // The cache lies in TMPDIR: a second build would otherwise skip a pass that every first build makes.
    ...['env', `TMPDIR=${scratch}`, 'modctl', 'build', '--plain-http', '--output-remote', '--no-progress'],
    ...['--storage-dir', scratch, '--log-dir', scratch],
    ...['-f', `${scratch}/Modelfile`, '-t', `${repository}:${TAG}`, model.directory],
  ],
};

const oras: Contender = {
  name: 'oras',
  how: 'oras push REF FILE…',
  program: 'oras',
  tags: true,
  command: ({ model, repository }) => [
    ...['env', '-C', model.directory, 'oras', 'push', '--plain-http', '--no-tty', `${repository}:${TAG}`],
    ...model.files.map((file) => basename(file.path)),
  ],
};

const crane: Contender = {
  name: 'crane',
  how: 'tar -c . | crane append -f - (it compresses; without the pipe a tar would be written first)',
  program: 'crane',
  tags: true,
  command: ({ model, repository }) => [
    ...['sh', '-euc', 'tar -C "$1" -cf - . | crane append --insecure -f - -t "$2"', 'sh'],
    ...[model.directory, `${repository}:${TAG}`],
  ],
};

const dd: Contender = {
  name: 'dd',
  how: 'dd bs=4M of all files at once, to /dev/null: what the mount can give, nothing is hashed or sent',
  program: 'dd',
  tags: false,
  command: ({ model }) => [
    ...['sh', '-euc', 'for file; do dd if="$file" of=/dev/null bs=4M status=none & done; wait', 'sh'],
    ...model.files.map((file) => file.path),
  ],
};

/** In the order of the results. */
export const ALL: readonly Contender[] = [raw, stowage, modctl, oras, crane, kaniko];

/** Without the one that takes minutes. */
export const WITHOUT_KANIKO: readonly Contender[] = ALL.filter((each) => each !== kaniko);

/** Those who read the source more than once are slow in proportion; one of them says it all. */
export const ON_SLOW_STORAGE: readonly Contender[] = [raw, stowage, modctl];

export const ON_A_LINK: readonly Contender[] = [dd, stowage];
