/** What is known of registries before they are asked anything. The rest is learnt from their answers: see UploadWays. */
export interface Capabilities {
  /** Bytes that a layer may have. */
  readonly maxLayerBytes?: number;
  /** Whether an upload that broke can be gone on with. */
  readonly resumes?: boolean;
}

/** A line of the table, and of that in the docs. */
export interface KnownRegistry extends Capabilities {
  readonly name: string;
  /** Matches its `host[:port]`, in lower case. */
  readonly host: RegExp;
  /** Who says so. */
  readonly source: string;
}

const GB = 1e9;
const MIB = 1024 ** 2;
const GIB = 1024 * MIB;

/**
 * Registries that people run themselves have no line: what they take depends on their storage and on the proxies before
 * them, and shows when they are asked.
 */
export const KNOWN_REGISTRIES: readonly KnownRegistry[] = [
  {
    name: 'GitHub',
    host: /^(?:ghcr\.io|containers\.[a-z0-9.-]+\.ghe\.com)$/,
    maxLayerBytes: 10 * GB,
    source:
      'https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry',
  },
  {
    name: 'Amazon ECR, private',
    host: /^\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/,
    maxLayerBytes: 52_000 * MIB,
    source: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html',
  },
  {
    name: 'Amazon ECR, public',
    host: /^public\.ecr\.aws$/,
    maxLayerBytes: 10_000 * MIB,
    // It answers 404 to the question how far an upload is: https://github.com/dotnet/sdk/issues/33019
    resumes: false,
    source: 'https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html',
  },
  {
    name: 'Azure',
    host: /^[a-z0-9-]+(?:\.[a-z0-9]+\.data)?\.azurecr\.(?:io|cn|us)$/,
    maxLayerBytes: 200 * GIB,
    source: 'https://learn.microsoft.com/en-us/azure/container-registry/container-registry-skus',
  },
  {
    name: 'Google Artifact Registry',
    host: /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)$/,
    // It takes a blob in one request only.
    resumes: false,
    source: 'https://github.com/dotnet/sdk-container-builds/issues/287',
  },
];

/** @param host `host[:port]` in lower case, as a reference has it */
export function capabilitiesOf(host: string): Capabilities {
  return registryAt(host) ?? {};
}

/** The line of a registry; undefined: nothing is known of it. */
export function registryAt(host: string): KnownRegistry | undefined {
  return KNOWN_REGISTRIES.find((each) => each.host.test(host));
}
