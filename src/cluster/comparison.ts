import type { BuilderName } from '../api/builder-name.ts';
import type { StowageError } from '../errors.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { ClusterOutcome } from './outcome.ts';

/** What was found out about a build. */
export interface Measured {
  readonly builder: BuilderName;
  readonly outcome: ClusterOutcome;
  /** The most that the pod's containers had in memory, in bytes, or why it is not known. */
  readonly memory: number | string;
  /** The layers of the image, or why they are not known. */
  readonly layers: readonly Descriptor[] | StowageError;
}

/** One builder beside the other. Bytes and seconds; undefined: not known. */
export interface Contender {
  readonly builder: BuilderName;
  /** Why there is no image. */
  readonly error?: StowageError;
  readonly image?: string;
  readonly digest?: string;
  /** From the start of the attempt to its end. */
  readonly seconds?: number;
  readonly read?: number;
  readonly sent?: number;
  readonly reused?: number;
  readonly memory?: number;
  /** Bytes of all layers. */
  readonly size?: number;
  /** How many. */
  readonly layers?: number;
  /** What is new in the registry when one file of the model changes: the smallest layer with files, or the largest. */
  readonly changed?: { readonly least: number; readonly most: number };
}

export interface Comparison {
  readonly contenders: readonly Contender[];
  /** What is not known, and why, each a sentence. */
  readonly notes: readonly string[];
}

const TITLE = 'org.opencontainers.image.title';
/** Of the layer with KubeDL's link, in which there is no file of the model. */
const LINK_TITLE = 'kubedl-model.tar';

/** What the measurements say. */
export function comparison(measured: readonly Measured[]): Comparison {
  return {
    contenders: measured.map(contender),
    notes: measured.filter(({ outcome }) => outcome.result === 'built').flatMap(notesOf),
  };
}

function contender({ builder, outcome, memory, layers }: Measured): Contender {
  const { error, version, result } = outcome;
  const status = version?.status;
  if (result !== 'built' || status === undefined)
    return { builder, ...(error === undefined ? {} : { error }) };
  const { image, digest, bytes = { source: 0 } } = status;
  const { read, sent, reused } = bytes;
  return defined({
    ...{ builder, image, digest, read, sent, reused },
    seconds: secondsBetween(status.startTime, status.finishTime),
    memory: typeof memory === 'number' ? memory : undefined,
    ...(Array.isArray(layers) ? factsOf(builder, layers as readonly Descriptor[]) : {}),
  });
}

function factsOf(
  builder: BuilderName,
  layers: readonly Descriptor[],
): Pick<Contender, 'size' | 'layers' | 'changed'> {
  const sizes = withFiles(builder, layers).map(({ size }) => size);
  return {
    size: layers.reduce((sum, { size }) => sum + size, 0),
    layers: layers.length,
    changed: { least: Math.min(...sizes), most: Math.max(...sizes) },
  };
}

/** Ours say what they are; Kaniko's is one, on top of the base. */
function withFiles(builder: BuilderName, layers: readonly Descriptor[]): readonly Descriptor[] {
  if (builder === 'kaniko') return layers.slice(-1);
  const ours = layers.filter(({ annotations }) => {
    const title = annotations?.[TITLE];
    return title !== undefined && title !== LINK_TITLE;
  });
  return ours.length > 0 ? ours : layers.slice(-1);
}

/** What a reader of the numbers has to know. */
const NOTES: Readonly<Record<BuilderName, string>> = {
  stream:
    'stream sends what is new where the tag stays the same (overwrite: true); under a new tag it sends all, and the registry keeps one copy of what it has.',
  kaniko: 'kaniko sends all of it again, and does not tell what it reads and sends.',
};

function notesOf({ builder, memory, layers }: Measured): string[] {
  return [
    NOTES[builder],
    ...(typeof memory === 'string' ? [`${builder}, memory: ${memory}`] : []),
    ...(Array.isArray(layers) ? [] : [`${builder}, layers: ${(layers as StowageError).message}`]),
  ];
}

function secondsBetween(start: string | undefined, end: string | undefined): number | undefined {
  const seconds = (Date.parse(end ?? '') - Date.parse(start ?? '')) / 1000;
  return Number.isFinite(seconds) ? seconds : undefined;
}

type Loose<T> = { [Key in keyof T]: T[Key] | undefined };

function defined(parts: Loose<Contender> & Pick<Contender, 'builder'>): Contender {
  const kept = Object.entries(parts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as unknown as Contender;
}
