import { StowageError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import { modelFacts, weightFiles } from './facts.ts';
import { inspectFile, type Inspected } from './inspect.ts';
import type { Place } from './link.ts';
import { readModelConfig, type ConfigFound } from './model-config.ts';
import { quote } from './names.ts';
import { inParallel } from './parallel.ts';
import { directoryOf, readShardIndexes } from './shards.ts';
import { walkSource } from './walk.ts';
import { warningsOf } from './warnings.ts';

/**
 * Finds the files of a source and what they are. Headers of weights are read, nothing else of them; everything that
 * would make a broken image is refused here, before anything is sent.
 *
 * Symbolic links are followed, to files and directories, as long as they end inside the root.
 * @param root a directory, or a link to one; relative to the working directory
 * @throws PathNotFound, SourceUnreadable, ArtifactEmpty, ArtifactTruncated, ArtifactInvalid, ArtifactChanged (something
 * is still writing), FileRefused, LinkRefused, Cancelled
 */
export async function scanArtifact(root: string, signal?: AbortSignal): Promise<Artifact> {
  const tree = await walkSource(root, signal);
  if (tree.files.length === 0) throw empty(root);
  const inspected = await inParallel(tree.files, signal, inspectFile);
  const indexes = await readShardIndexes(tree.files);
  const weights = weightFiles(inspected, indexes);
  const config = await configBeside(weights, tree.files);
  const files = inspected.map(({ file }) => file);
  return {
    root: tree.root,
    files,
    emptyDirectories: tree.emptyDirectories,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    facts: modelFacts(weights, config.facts),
    warnings: [
      ...warningsOf(tree, files),
      ...inspected.flatMap(({ warning }) => warning ?? []),
      ...config.warnings,
    ],
  };
}

/** The config.json beside the largest file of weights, or at the top where there are no weights. */
async function configBeside(weights: readonly Inspected[], files: readonly Place[]): Promise<ConfigFound> {
  const [largest] = weights.toSorted((a, b) => b.file.size - a.file.size);
  const path = `${directoryOf(largest?.file.path ?? '')}config.json`;
  const place = files.find((file) => file.path === path);
  return place === undefined ? { facts: {}, warnings: [] } : await readModelConfig(place);
}

function empty(root: string): StowageError {
  return new StowageError('ArtifactEmpty', `${quote(root)} holds no files`, {
    hint: 'Give the directory that the model was saved to. An image of nothing helps nobody.',
  });
}
