import { parse } from 'yaml';
import { isObject } from '../asl/json.ts';

export const PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
export type PhaseName = (typeof PHASES)[number];

export interface Phase {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure: 'ABORT' | 'CONTINUE';
}

/** A buildspec, version 0.2. https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export interface Buildspec {
  readonly variables: Readonly<Record<string, string>>;
  /** Name -> parameter's name. */
  readonly parameterStore: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly phases: Readonly<Partial<Record<PhaseName, Phase>>>;
  readonly artifacts: Artifacts | undefined;
}

export interface Artifacts {
  readonly files: readonly string[];
  readonly baseDirectory: string;
  readonly discardPaths: boolean;
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // Every build of the engine begins with an empty cache, as one of CodeBuild's may.
  buildspec: ['version', 'env', 'phases', 'artifacts', 'cache'],
  env: ['shell', 'variables', 'parameter-store', 'exported-variables'],
  phase: ['commands', 'finally', 'on-failure', 'runtime-versions'],
  artifacts: ['files', 'base-directory', 'discard-paths', 'name'],
  cache: ['paths'],
};

/** @throws Error naming every field that the engine does not carry out */
export function parseBuildspec(text: string): Buildspec {
  const problems: string[] = [];
  const raw = parse(text);
  if (!isObject(raw)) throw new Error('the buildspec is not a mapping');
  if (String(raw.version) !== '0.2') problems.push(`version ${raw.version} is not supported, only 0.2`);
  const check = (what: string, value: unknown): Record<string, unknown> => {
    if (value === undefined) return {};
    if (!isObject(value)) {
      problems.push(`${what} is not a mapping`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!KNOWN[what]?.includes(key)) problems.push(`${what}: ${key} is not supported`);
    }
    return value;
  };
  check('buildspec', raw);
  check('cache', raw.cache);
  const env = check('env', raw.env);
  if (env.shell !== undefined && env.shell !== 'bash')
    problems.push(`env: shell ${env.shell} is not supported`);
  const phases: Partial<Record<PhaseName, Phase>> = {};
  for (const [name, value] of Object.entries(isObject(raw.phases) ? raw.phases : {})) {
    if (!PHASES.includes(name as PhaseName)) problems.push(`phases: ${name} is not a phase`);
    const phase = check('phase', value);
    problems.push(...runtimeProblems(phase['runtime-versions']));
    const onFailure = phase['on-failure'] ?? 'CONTINUE';
    if (onFailure !== 'ABORT' && onFailure !== 'CONTINUE')
      problems.push(`phases: on-failure ${onFailure} is not supported`);
    phases[name as PhaseName] = {
      commands: (phase.commands as string[] | undefined) ?? [],
      finally: (phase.finally as string[] | undefined) ?? [],
      onFailure: onFailure as 'ABORT' | 'CONTINUE',
    };
  }
  const artifacts = check('artifacts', raw.artifacts);
  if (problems.length > 0) throw new Error(`the buildspec cannot be run: ${problems.join('; ')}`);
  return {
    variables: texts(env.variables),
    parameterStore: texts(env['parameter-store']),
    exportedVariables: (env['exported-variables'] as string[] | undefined) ?? [],
    phases,
    artifacts: raw.artifacts
      ? {
          files: artifacts.files as string[],
          baseDirectory: String(artifacts['base-directory'] ?? '.'),
          discardPaths: artifacts['discard-paths'] === 'yes' || artifacts['discard-paths'] === true,
        }
      : undefined,
  };
}

/** The one runtime that builds have here is the engine's own Node: as new as was asked for, or newer. */
function runtimeProblems(versions: unknown): string[] {
  const own = Number(process.versions.node.split('.')[0]);
  return Object.entries(isObject(versions) ? versions : {}).flatMap(([runtime, version]) =>
    runtime === 'nodejs' && Number(version) <= own ? [] : [`the runtime ${runtime} ${version} is not here`],
  );
}

const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).map(([name, item]) => [name, String(item)]),
  );
