import {
  type Configuration,
  type ConfigurationPointer,
  missingParameters,
  valueProblem,
} from '../../lib/contract/configuration.ts';
import { messageOf } from '../../lib/contract/errors.ts';
import { type GitRef, resolveRef } from '../../lib/contract/git-refs.ts';
import { type EnvironmentSettings, type Manifest, settingsOf } from '../../lib/contract/manifest.ts';
import { parameterPath } from '../../lib/contract/names.ts';
import { type Action, readRequest, refuseIfAny } from '../../lib/contract/request.ts';
import type { Backend, Release, Run } from '../../lib/contract/run.ts';

/** What resolving a request needs from the outside. */
export interface ResolveRequestPorts {
  readConfiguration(environment: string): Promise<Configuration>;
  /** The values of parameters that are no secrets, by name; `paths` are `path:version`. */
  readPlainValues(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  readLastRelease(): Promise<Release | undefined>;
  readRefs(repository: string): Promise<GitRef[]>;
}

export interface ExecutionStart {
  readonly input: unknown;
  readonly execution: { readonly Id: string; readonly Name: string; readonly StartTime: string };
}

/** How long a deployment may take in all, an hour's wait for approval included. Less than the machine's own limit. */
const DEADLINE_MS = 3 * 3600 * 1000;
/** Host scripts and documents take no other characters. */
const RUN_ID = /^[A-Za-z0-9_-]{1,80}$/;

/**
 * Decides everything that can be decided before anything changes, or refuses with every problem at once.
 * @throws RequestRefused
 */
export async function resolveRequest(
  start: ExecutionStart,
  environment: string,
  manifest: Manifest,
  ports: ResolveRequestPorts,
): Promise<Run> {
  const settings = settingsOf(manifest, environment);
  const { request, problems: found } = readRequest(start.input, environment);
  const problems = [...found];
  const runId = start.execution.Name;
  if (!RUN_ID.test(runId))
    problems.push(`the execution's name "${runId}" may hold only letters, digits, - and _`);
  const action = request.action ?? settings.defaultAction;
  const [newest, release] = await Promise.all([
    ports.readConfiguration(environment),
    ports.readLastRelease(),
  ]);
  const restoring = request.restore === true && release !== undefined;
  const configuration = restoring ? release.configuration : newest;
  problems.push(
    ...(await configurationProblems(action, environment, manifest, configuration.pointer, ports)),
  );
  if (action === 'configure' && !release) {
    problems.push(`configure needs a release to configure, and ${environment} has none: use action "apply"`);
  }
  const gitRef =
    request.gitRef ??
    (action === 'configure' && release ? release.commit : (settings.gitRef ?? manifest.gitRef));
  const commit = await commitOf(gitRef, manifest.repository, ports).catch((error) => {
    problems.push(messageOf(error));
    return '';
  });
  refuseIfAny(problems);
  return {
    runId,
    executionArn: start.execution.Id,
    environment,
    action,
    gitRef,
    commit,
    repository: manifest.repository,
    targets: request.targets ?? ['dashboard', 'edge'],
    requestedBy: request.requestedBy ?? 'somebody who did not say',
    reason: request.reason ?? '',
    configuration,
    // What is restored was approved when it was first deployed.
    approval: restoring ? 'never' : (request.approval ?? settings.approval),
    infrastructure: {
      root: settings.infrastructure.root,
      variables: settings.infrastructure.variables,
      backend: backendOf(environment, manifest, settings),
    },
    startedAt: start.execution.StartTime,
    deadline: new Date(Date.parse(start.execution.StartTime) + DEADLINE_MS).toISOString(),
    restoring,
    lastRelease: release ?? null,
  };
}

/** The offline root keeps its state with the engine; every other root in the bucket of the manifest. */
function backendOf(environment: string, manifest: Manifest, settings: EnvironmentSettings): Backend | null {
  const { infrastructureState: state } = manifest;
  if (!state || settings.infrastructure.root === 'local') return null;
  const key = settings.infrastructure.stateKey ?? `environments/${environment}/terraform.tfstate`;
  return { bucket: state.bucket, key, region: state.region, dynamodb_table: state.table };
}

async function commitOf(gitRef: string, repository: string, ports: ResolveRequestPorts): Promise<string> {
  const refs = await ports.readRefs(repository);
  const resolved = resolveRef(refs, gitRef);
  if ('problem' in resolved) throw new Error(`${resolved.problem} ${repository}`);
  return resolved.commit;
}

async function configurationProblems(
  action: Action,
  environment: string,
  manifest: Manifest,
  pointer: ConfigurationPointer,
  ports: ResolveRequestPorts,
): Promise<string[]> {
  if (action === 'destroy') return [];
  const missing = missingParameters(manifest, environment, pointer);
  const problems =
    missing.length === 0
      ? []
      : [
          `${environment} lacks the parameters ${missing.join(', ')} (chronos config set ${environment} NAME=VALUE)`,
        ];
  const plain = Object.entries(manifest.parameters)
    .map(([name, parameter]) => ({
      name,
      parameter,
      path: parameterPath(environment, parameter.scope, name),
    }))
    .filter(({ parameter, path }) => !parameter.secret && path in pointer);
  const values = await ports.readPlainValues(plain.map(({ path }) => `${path}:${pointer[path]}`));
  for (const { name, parameter, path } of plain) {
    const value = values.get(path);
    const problem =
      value === undefined ? `${name} version ${pointer[path]} is gone` : valueProblem(name, value, parameter);
    if (problem) problems.push(`parameter ${problem}`);
  }
  return problems;
}
