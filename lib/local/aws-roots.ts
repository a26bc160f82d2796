import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InfrastructureState, Manifest } from '../contract/manifest.ts';
import type { Engine } from './engine.ts';

/** `local`: the offline root. `aws`: the roots that AWS gets, with whatever provider tofu is configured to use. */
export type Roots = 'local' | 'aws';

const STATE: InfrastructureState = {
  bucket: 'chronos-terraform-state-storage',
  table: 'chronos-terraform-state-locks',
  region: 'us-east-1',
};

/** A key that opens nothing: the roots want one. */
const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxvY2FsLWVuZ2luZS1vcGVucy1ub3RoaW5nLWF0LWFs example';

/** An endpoint that is not AWS's has the bucket in its path. */
const ENDPOINT_OPTIONS = {
  use_path_style: 'true',
  skip_requesting_account_id: 'true',
  skip_region_validation: 'true',
};

/** Where the states of these roots are, in the engine's own S3 and DynamoDB. */
export const stateOf = (roots: Roots): InfrastructureState | undefined =>
  roots === 'aws' ? STATE : undefined;

/** The manifest with the infrastructure of these roots. */
export function withRoots(manifest: Manifest, roots: Roots): Manifest {
  if (roots === 'local') return manifest;
  const infrastructure = { root: 'deployments', variables: { public_key: PUBLIC_KEY } };
  const environments = Object.entries(manifest.environments).map(([name, settings]) => [
    name,
    { ...settings, infrastructure },
  ]);
  return { ...manifest, infrastructureState: STATE, environments: Object.fromEntries(environments) };
}

export interface AwsRootsOptions {
  readonly engine: Engine;
  /** The engine's folder. */
  readonly folder: string;
  readonly tofu: string;
  /** The folder of all roots. */
  readonly terraform: string;
  readonly environments: readonly string[];
  readonly say: (line: string) => void;
}

/**
 * Applies the roots that a deployment stands on, shared and data, where their states are not there yet. On AWS
 * they have executions of their own; the engine has none for them.
 */
export async function applyFoundations(options: AwsRootsOptions): Promise<void> {
  await applyRoot('shared', 'environments/shared/terraform.tfstate', {}, options);
  for (const environment of options.environments) {
    const variables = { environment, state_bucket: STATE.bucket, state_options: ENDPOINT_OPTIONS };
    await applyRoot('data', `environments/${environment}/data.tfstate`, variables, options);
  }
}

async function applyRoot(
  root: string,
  key: string,
  variables: object,
  options: AwsRootsOptions,
): Promise<void> {
  const { engine, folder, tofu, terraform, say } = options;
  if (existsSync(join(folder, 's3', STATE.bucket, key))) return;
  say(`applying the root ${root} (${key})`);
  const work = mkdtempSync(join(tmpdir(), 'chronos-root-'));
  try {
    cpSync(terraform, work, { recursive: true });
    const cwd = join(work, root);
    writeFileSync(join(cwd, 'chronos.auto.tfvars.json'), JSON.stringify(variables));
    const { endpoint, keys } = engine;
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: STATE.region,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    };
    const backend = {
      bucket: STATE.bucket,
      key,
      region: STATE.region,
      dynamodb_table: STATE.table,
      use_lockfile: 'true',
      ...ENDPOINT_OPTIONS,
    };
    const settings = Object.entries(backend).map(([name, value]) => `-backend-config=${name}=${value}`);
    const run = promisify(execFile);
    await run(tofu, ['init', '-input=false', '-no-color', ...settings], { cwd, env });
    await run(tofu, ['apply', '-input=false', '-no-color', '-auto-approve'], { cwd, env });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
