import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import type { ModelFacts } from '../artifact/artifact.ts';
import type { Report } from '../pack/report.ts';
import { layerTable } from './report.ts';
import { type Field, fields, sections, titled } from './sections.ts';
import { formatAge, formatBytes, formatCount, formatDuration } from './terminal/format.ts';
import { renderTable, renderTextTable } from './terminal/table.ts';

/** A Model and its versions, for people. */
export function describeModel(model: Model, versions: readonly ModelVersion[]): string {
  const latest = model.status?.latestVersion;
  return sections([
    fields([
      ['Name', model.metadata.name],
      ['Namespace', model.metadata.namespace],
      ['Description', model.spec?.description],
      ['Latest version', latest?.modelVersion],
      ['Latest image', latest?.imageName],
    ]),
    titled('Versions', versionTable(versions)),
  ]);
}

/** A ModelVersion, for people: what was asked for, what came of it, and where it did not, why. */
export function describeVersion(version: ModelVersion, report: Report | undefined): string {
  return sections([
    fields(declared(version)),
    fields(outcome(version.status, report)),
    fields(facts(version.status?.model)),
    titled('Conditions', conditionTable(version)),
    titled('Layers', report === undefined ? '' : layerTable(report)),
  ]);
}

export function declared({ metadata, spec, status }: ModelVersion): Field[] {
  return [
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Model', spec.modelName],
    ['Created by', spec.createdBy],
    ['Storage', storageText(spec.storage)],
    ['Target', `${spec.imageRepo}:${status?.imageTag ?? spec.imageTag ?? ''}`],
    ['Base', spec.base],
  ];
}

export function outcome(status: ModelVersion['status'], report: Report | undefined): Field[] {
  return [
    ['Phase', status?.imageBuildPhase ?? 'not built'],
    ['Builder', status?.builder],
    ['Attempts', status?.attempts],
    ...times(status),
    ['Image', status?.image],
    ['Digest', status?.digest],
    ['Size', status?.size === undefined ? undefined : formatBytes(status.size)],
    ['Took', report && formatDuration(report.seconds)],
    ['Message', status?.message],
  ];
}

function times(status: ModelVersion['status']): Field[] {
  return [
    ['Started', status?.startTime],
    ['Next attempt', status?.retryTime],
    ['Finished', status?.finishTime],
  ];
}

export function facts(model: ModelFacts = {}): Field[] {
  return [
    ['Format', model.format],
    ['Architecture', model.architecture],
    ['Parameters', model.parameters === undefined ? undefined : formatCount(model.parameters)],
    ['Precision', model.precision],
    ['Quantization', model.quantization],
    ['Tensors', model.tensors],
    ['Context length', model.contextLength],
  ];
}

function storageText(storage: ModelVersion['spec']['storage']): string {
  return Object.entries(storage)
    .map(
      ([key, spec]) =>
        `${key} ${Object.values(spec)
          .filter((value) => typeof value === 'string')
          .join(' ')}`,
    )
    .join(', ');
}

export function conditionTable(
  { status }: ModelVersion,
  { now = new Date(), columns = Infinity } = {},
): string {
  const rows = (status?.conditions ?? []).map((each) => [
    each.type,
    each.status,
    each.reason,
    formatAge(new Date(each.lastTransitionTime), now),
    // What is said above already is not said again.
    each.message === status?.message ? '' : each.message,
  ]);
  return rows.length === 0
    ? ''
    : renderTextTable(['TYPE', 'STATUS', 'REASON', 'AGE', 'MESSAGE'], rows, columns);
}

function versionTable(versions: readonly ModelVersion[]): string {
  const rows = versions.map(({ metadata, status }) => [
    metadata.name,
    status?.imageBuildPhase ?? '',
    status?.image ?? '',
    status?.finishTime ?? '',
  ]);
  return rows.length === 0 ? '' : renderTable(['NAME', 'PHASE', 'IMAGE', 'FINISHED'], rows);
}
