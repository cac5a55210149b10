import { z } from 'zod';
import { count } from '../api/fields.ts';
import { ModelVersion } from '../api/modelversion.ts';
import { ModelVersionStatus } from '../api/status.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { Report } from '../pack/report.ts';

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'not a digest');

const layer = z.object({
  title: z.string(),
  digest,
  size: count(),
  files: count(),
  action: z.enum(['uploaded', 'exists', 'mounted', 'recorded']),
});

const StoredReport: z.ZodType<Report> = z.object({
  image: z.string(),
  digest,
  size: count(),
  layers: z.array(layer),
  bytes: ModelVersionStatus.shape.bytes.unwrap().required(),
  seconds: z.number().nonnegative(),
  model: ModelVersionStatus.shape.model.unwrap(),
  record: digest.exactOptional(),
  warnings: z.array(z.string()),
});

/** A ModelVersion as it is kept: beside what the API has, the report of its build while it is Ready. One file, so that they agree. */
export const StoredVersion = ModelVersion.extend({ report: StoredReport.exactOptional() });
export type StoredVersion = z.infer<typeof StoredVersion>;

/** What others see of it, and may apply again. */
export function withoutReport(stored: StoredVersion): ModelVersion {
  const version = { ...stored };
  delete version.report;
  return version;
}
