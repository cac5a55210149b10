import { describe, expect, it } from 'vitest';
import { KNOWN_REGISTRIES, registryAt } from '../../src/registry/capabilities.ts';

describe('what is known of a registry', () => {
  it.each([
    ['ghcr.io', 'GitHub'],
    ['containers.example.ghe.com', 'GitHub'],
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'Amazon ECR, private'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'Amazon ECR, private'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'Amazon ECR, private'],
    ['123456789012.dkr-ecr.us-west-2.on.aws', 'Amazon ECR, private'],
    ['public.ecr.aws', 'Amazon ECR, public'],
    ['example.azurecr.io', 'Azure'],
    ['europe-docker.pkg.dev', 'Google Artifact Registry'],
    ['us-west1-docker.pkg.dev', 'Google Artifact Registry'],
    ['eu.gcr.io', 'Google Artifact Registry'],
    ['registry.example.com', undefined],
    ['ghcr.io.example.com', undefined],
    ['ghcr.io:5000', undefined],
    ['evil-ghcr.io', undefined],
    ['127.0.0.1:5000', undefined],
    ['index.docker.io', undefined],
  ])('%s is that of %s', (host, name) => {
    expect(registryAt(host)?.name).toBe(name);
  });

  it('has a source for each', () => {
    for (const { source } of KNOWN_REGISTRIES) expect(source).toMatch(/^https:\/\//);
  });
});
