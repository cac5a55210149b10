import { LABELS } from '../../api/labels.ts';
import { MODEL_DIRECTORY } from '../../image/bundle.ts';
import { LINK_NAME } from '../../image/plan.ts';
import { TAR_END_BYTES, tarHeader } from '../../image/tar.ts';
import type { BuilderSettings, ImageTask, PodFiles } from '../builder.ts';
import { AUTHORITIES, DOCKERFILE, LINK, MODEL } from './places.ts';

/** What Kaniko builds from besides the model. */
export function files(task: ImageTask, { authorities }: BuilderSettings): PodFiles {
  return {
    [DOCKERFILE]: dockerfile(task),
    [LINK]: linkTar(),
    ...(authorities === undefined ? {} : { [AUTHORITIES]: authorities }),
  };
}

/**
 * The image's layout is that of our own builder. The label lets an attempt whose result was lost be repeated: the image
 * under the tag is then its own. Nothing is run: there is no RUN,
 * and a base that brings commands of its own is refused beforehand.
 */
function dockerfile({ base, uid }: ImageTask): string {
  return [
    `FROM ${base ?? 'scratch'}`,
    `LABEL ${LABELS.versionUid}="${uid}"`,
    `COPY ${MODEL}/ /${MODEL_DIRECTORY}/`,
    // No shell is needed to make the link: Kaniko unpacks what ends in .tar.
    `ADD ${LINK} /`,
    // What the base would run, and as whom, says nothing about a model; some consumers trip over it.
    ...(base === undefined ? [] : ['USER 0', 'ENTRYPOINT []', 'CMD []']),
    '',
  ].join('\n');
}

/** KubeDL's loader copies from /kubedl-model. */
function linkTar(): Uint8Array {
  const link = tarHeader({ type: 'symlink', path: LINK_NAME, target: MODEL_DIRECTORY });
  return Buffer.concat([link, Buffer.alloc(TAR_END_BYTES)]);
}
