import { z } from 'zod';
import { ManifestInvalid } from './errors.ts';
import {
  type GivenVariables,
  INFRASTRUCTURE_ROOTS,
  type InfrastructureRoot,
  namePrefixSchema,
  type RootName,
  regionSchema,
} from './infrastructure-roots.ts';
import { SHARED, stateBucketName, stateTableName } from './names.ts';
import { ACTIONS, APPROVAL_POLICIES, describeIssues } from './request.ts';
import type { Backend } from './state-backend.ts';

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

/** Values of a root's variables; `variableProblems` judges them. */
const variablesSchema = z.record(z.string(), z.json()).default({});

const environmentSchema = z.strictObject({
  defaultAction: z.enum(ACTIONS),
  approval: z.enum(APPROVAL_POLICIES),
  /** `another`: whoever asked for a deployment cannot approve it. */
  approver: z.enum(['anyone', 'another']).default('anyone'),
  /** Answered with 200 by a healthy application. */
  healthUrl: z.string().regex(/^https?:\/\//),
  /** The git ref that an empty request deploys; otherwise the repository's default. */
  gitRef: z.string().optional(),
  tagPatterns: z.array(z.string()).default([]),
  infrastructure: z.strictObject({
    root: z.enum(['local', 'deployments']),
    /** The object of the root's state; default environments/<environment>/terraform.tfstate. */
    stateKey: z.string().optional(),
    variables: variablesSchema,
  }),
  /** Variables of terraform/data: the environment's database volume. */
  data: variablesSchema,
});

/** What the environments on AWS stand on: where the states of the roots are, and the root that all share. */
const foundationsSchema = z.strictObject({
  region: regionSchema.default('us-east-1'),
  /** Stands before names that must be unique, with its own dash. */
  namePrefix: namePrefixSchema.default(''),
  /** Variables of terraform/shared. */
  shared: variablesSchema,
  /** Whether whoever asked for a change of the foundations may approve it. */
  approver: z.enum(['anyone', 'another']).default('another'),
});

const manifestSchema = z.strictObject({
  /** The offline root needs none. */
  foundations: foundationsSchema.optional(),
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
  /** Prints a dump of the database, before the host is replaced; runs in the checkout. */
  backUp: z
    .strictObject({ command: z.string(), timeoutMinutes: z.number().min(0.1).max(120).default(60) })
    .optional(),
  health: z
    .strictObject({
      timeoutMinutes: z.number().min(0.1).max(60).default(15),
      /** Member of the health page's JSON that holds the commit served; unset: any 200 is healthy. */
      versionField: z.string().optional(),
    })
    .prefault({}),
  parameters: z.record(name, parameterSchema),
  files: z.array(fileSchema),
  environments: z.record(
    z
      .string()
      .regex(/^[a-z]+$/)
      .refine((name) => name !== SHARED, `"${SHARED}" is the name of what the environments stand on`),
    environmentSchema,
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Foundations = z.infer<typeof foundationsSchema>;
export type Variables = z.infer<typeof variablesSchema>;
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

/** What the manifest says of the foundations. @throws ManifestInvalid when it says nothing */
export function foundationsOf(manifest: Manifest): Foundations {
  if (manifest.foundations) return manifest.foundations;
  throw new ManifestInvalid(
    'the manifest has no "foundations": region and names of what environments on AWS stand on',
  );
}

/** A root with the object of its state and the values of its variables. */
export interface RootSettings {
  readonly root: RootName;
  /** The environment that its resources belong to: not that of the execution, for an environment's data. */
  readonly owner: string;
  readonly stateKey: string;
  readonly variables: Variables;
}

/**
 * The root that a request is about.
 * @param requested of a request to `shared`: "shared" or "data/<environment>"
 * @throws ManifestInvalid when the manifest does not have it
 */
export function rootOf(manifest: Manifest, environment: string, requested: string = SHARED): RootSettings {
  if (environment !== SHARED) {
    const { root, stateKey, variables } = settingsOf(manifest, environment).infrastructure;
    return {
      root,
      owner: environment,
      variables,
      stateKey: stateKey ?? `environments/${environment}/terraform.tfstate`,
    };
  }
  const [, owner] = requested.split('/');
  if (owner === undefined) {
    const { shared: variables } = foundationsOf(manifest);
    return { root: 'shared', owner: SHARED, variables, stateKey: 'environments/shared/terraform.tfstate' };
  }
  const { data: variables } = settingsOf(manifest, owner);
  return { root: 'data', owner, variables, stateKey: `environments/${owner}/data.tfstate` };
}

/** Every value that a root gets: those of the manifest, and what it says of the environment and the foundations. */
export function valuesFor({ root, owner, variables }: RootSettings, manifest: Manifest): Variables {
  const { given }: InfrastructureRoot = INFRASTRUCTURE_ROOTS[root];
  const { region = '', namePrefix = '' } = manifest.foundations ?? {};
  const known: GivenVariables = {
    environment: owner,
    region,
    name_prefix: namePrefix,
    state_bucket: stateBucketName(namePrefix),
  };
  return { ...Object.fromEntries(given.map((name) => [name, known[name]])), ...variables };
}

/** Where a root's state is; null for the offline root, which keeps it with the engine. */
export function backendOf({ root, stateKey }: RootSettings, manifest: Manifest): Backend | null {
  if (root === 'local') return null;
  const { namePrefix, region } = foundationsOf(manifest);
  return {
    bucket: stateBucketName(namePrefix),
    key: stateKey,
    region,
    dynamodb_table: stateTableName(namePrefix),
  };
}
