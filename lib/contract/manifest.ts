import { z } from 'zod';
import { ManifestInvalid } from './errors.ts';
import { ACTIONS, describeIssues } from './request.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and _');
const hostPath = z.string().regex(/^\/[A-Za-z0-9._/-]*$/, 'must be an absolute path');
const checkoutPath = z
  .string()
  .regex(/^(?!\/)(?!.*\.\.)[A-Za-z0-9._/-]+$/, 'must be a path inside the checkout');

const pattern = z.string().refine((text) => {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}, 'must be a regular expression');

const parameterSchema = z.strictObject({
  /** Whose host may read it; `shared` values reach both. */
  scope: z.enum(['dashboard', 'edge', 'shared']),
  description: z.string(),
  required: z.boolean().default(true),
  secret: z.boolean().default(false),
  /** The whole value must match. */
  pattern: pattern.optional(),
  default: z.string().optional(),
  /** While this path exists on the host, a value already written cannot be changed. */
  fixedWhileExists: hostPath.optional(),
  remedy: z.string().optional(),
});

const valueSchema = z.strictObject({
  parameter: name,
  stripPrefix: z.string().optional(),
  stripSuffix: z.string().optional(),
});

const fileSchema = z.strictObject({
  path: checkoutPath,
  /** Who reads the file decides how values are quoted, and which cannot be written. */
  reader: z.enum(['compose', 'systemd', 'toml', 'dotenv']),
  /** Copied first when the file is absent; keys that are not named here are kept. */
  template: checkoutPath.optional(),
  /** Key in the file -> a parameter's name, or a value derived from one. */
  keys: z.record(z.string(), z.union([name, valueSchema])),
});

const environmentSchema = z.strictObject({
  defaultAction: z.enum(ACTIONS),
  approval: z.enum(['always', 'destructive', 'never']),
  /** Answered with 200 by a healthy application. */
  healthUrl: z.string().regex(/^https?:\/\//),
  /** The git ref that an empty request deploys; otherwise the repository's default. */
  gitRef: z.string().optional(),
  tagPatterns: z.array(z.string()).default([]),
  infrastructure: z.strictObject({
    /** A folder of terraform/. */
    root: z.string().regex(/^[a-z]+$/),
    /** The object of the root's state; default environments/<environment>/terraform.tfstate. */
    stateKey: z.string().optional(),
    variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  }),
});

const stateSchema = z.strictObject({
  bucket: z.string(),
  /** The lock table; the lock file in the bucket is used besides. */
  table: z.string(),
  region: z.string().default('us-east-1'),
});

const manifestSchema = z.strictObject({
  /** Where the AWS roots keep their states; the offline root needs none. */
  infrastructureState: stateSchema.optional(),
  repository: z.string().min(1),
  gitRef: z.string().default('main'),
  host: z.strictObject({
    /** Owns the checkout and its files. */
    user: z.string().regex(/^[a-z_][a-z0-9_-]*$/),
    checkout: hostPath,
    setupMarker: hostPath,
    setupFailure: hostPath,
    /** For the host's first boot, and for checkout and env files, each. */
    timeoutMinutes: z.number().min(0.1).max(60).default(15),
  }),
  /** Makes the files that `files` edits, where they are absent. */
  prepare: z.strictObject({ command: z.string(), unless: z.array(checkoutPath) }).optional(),
  install: z.strictObject({
    command: z.string(),
    timeoutMinutes: z.number().min(0.1).max(120).default(30),
    service: z.string().regex(/^[a-z0-9@._-]+$/),
  }),
  health: z
    .strictObject({
      timeoutMinutes: z.number().min(0.1).max(60).default(15),
      /** Member of the health page's JSON that holds the commit served; unset: any 200 is healthy. */
      versionField: z.string().optional(),
    })
    .prefault({}),
  parameters: z.record(name, parameterSchema),
  files: z.array(fileSchema),
  environments: z.record(z.string().regex(/^[a-z]+$/), environmentSchema),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type InfrastructureState = z.infer<typeof stateSchema>;
export type Parameter = Manifest['parameters'][string];
export type EnvironmentSettings = Manifest['environments'][string];

/** The JSON Schema of config/chronos.yaml, for completion in editors. */
export const manifestJsonSchema = (): object => z.toJSONSchema(manifestSchema, { io: 'input' });

/**
 * Reads the application's manifest.
 * @throws ManifestInvalid naming every problem
 */
export function parseManifest(value: unknown, source: string): Manifest {
  const parsed = manifestSchema.safeParse(value);
  const problems = parsed.success ? danglingParameters(parsed.data) : describeIssues(parsed.error);
  if (problems.length > 0) throw new ManifestInvalid(`${source}: ${problems.join('; ')}`);
  return parsed.data as Manifest;
}

function danglingParameters(manifest: Manifest): string[] {
  return manifest.files.flatMap((file) =>
    Object.entries(file.keys)
      .map(([key, from]) => [key, typeof from === 'string' ? from : from.parameter] as const)
      .filter(([, parameter]) => !(parameter in manifest.parameters))
      .map(([key, parameter]) => `files: ${file.path} takes ${key} from the unknown parameter ${parameter}`),
  );
}

/** @throws ManifestInvalid when the manifest has no such environment */
export function settingsOf(manifest: Manifest, environment: string): EnvironmentSettings {
  const settings = manifest.environments[environment];
  if (!settings) {
    const known = Object.keys(manifest.environments).join(', ');
    throw new ManifestInvalid(`the manifest has no environment "${environment}"; it has ${known}`);
  }
  return settings;
}
