import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  backendOf,
  type Foundations,
  type Manifest,
  type RootSettings,
  rootOf,
  valuesFor,
} from '../contract/manifest.ts';
import { SHARED, stateBucketName, stateTableName } from '../contract/names.ts';
import { initArguments, readingOptions } from '../contract/state-backend.ts';
import type { Engine, StateStorage } from './engine.ts';

/** `local`: the offline root. `aws`: the roots that AWS gets, with whatever provider tofu is configured to use. */
export type Roots = 'local' | 'aws';

const FOUNDATIONS: Foundations = { region: 'us-east-1', namePrefix: '', shared: {}, approver: 'anyone' };

/** A key that opens nothing: the roots want one. */
const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxvY2FsLWVuZ2luZS1vcGVucy1ub3RoaW5nLWF0LWFs example';

/**
 * Bucket and table of the states of these roots, in the engine's own S3 and DynamoDB.
 * @param make whether the engine makes them when it starts
 */
export const stateStorageOf = (roots: Roots, make: boolean): StateStorage | undefined =>
  roots === 'aws'
    ? { bucket: stateBucketName(FOUNDATIONS.namePrefix), table: stateTableName(FOUNDATIONS.namePrefix), make }
    : undefined;

/** The manifest with the infrastructure of these roots; what it says of them itself stays. */
export function withRoots(manifest: Manifest, roots: Roots): Manifest {
  if (roots === 'local') return manifest;
  const environments = Object.entries(manifest.environments).map(([name, settings]) => {
    const { root, variables } = settings.infrastructure;
    const own = root === 'deployments' ? variables : {};
    const infrastructure = { root: 'deployments' as const, variables: { public_key: PUBLIC_KEY, ...own } };
    return [name, { ...settings, infrastructure }];
  });
  const { namePrefix } = FOUNDATIONS;
  return {
    ...manifest,
    foundations: { ...FOUNDATIONS, ...manifest.foundations, namePrefix },
    environments: Object.fromEntries(environments),
  };
}

export interface AwsRootsOptions {
  readonly engine: Engine;
  /** The engine's folder. */
  readonly folder: string;
  readonly tofu: string;
  /** The folder of all roots. */
  readonly terraform: string;
  readonly manifest: Manifest;
  readonly say: (line: string) => void;
}

/**
 * Applies the roots that a deployment stands on, shared and data, where their states are not there yet. On AWS
 * they have executions of their own; the engine has none for them.
 */
export async function applyFoundations(options: AwsRootsOptions): Promise<void> {
  const { manifest } = options;
  await applyRoot(rootOf(manifest, SHARED), options);
  for (const environment of Object.keys(manifest.environments))
    await applyRoot(rootOf(manifest, SHARED, `data/${environment}`), options);
}

async function applyRoot(settings: RootSettings, options: AwsRootsOptions): Promise<void> {
  const { engine, folder, manifest, tofu, terraform, say } = options;
  const { root, stateKey: key } = settings;
  const bucket = stateBucketName(FOUNDATIONS.namePrefix);
  if (existsSync(join(folder, 's3', bucket, key))) return;
  say(`applying the root ${root} (${key})`);
  const work = mkdtempSync(join(tmpdir(), 'chronos-root-'));
  try {
    cpSync(terraform, work, { recursive: true });
    const cwd = join(work, root);
    const values = valuesFor(settings, manifest);
    const variables =
      'state_bucket' in values ? { ...values, state_options: readingOptions(engine.endpoint) } : values;
    writeFileSync(join(cwd, 'chronos.auto.tfvars.json'), JSON.stringify(variables));
    const { endpoint, keys } = engine;
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: FOUNDATIONS.region,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    };
    const backend = backendOf(settings, manifest);
    const run = promisify(execFile);
    await run(
      tofu,
      ['init', '-input=false', '-no-color', ...(backend ? initArguments(backend, endpoint) : [])],
      { cwd, env },
    );
    await run(tofu, ['apply', '-input=false', '-no-color', '-auto-approve'], { cwd, env });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
