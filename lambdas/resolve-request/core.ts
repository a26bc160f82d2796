import {
  type Configuration,
  type ConfigurationPointer,
  missingParameters,
  valueProblem,
} from '../../lib/contract/configuration.ts';
import { messageOf } from '../../lib/contract/errors.ts';
import { type GitRef, resolveRef } from '../../lib/contract/git-refs.ts';
import { hostOf, variableProblems } from '../../lib/contract/infrastructure-roots.ts';
import {
  backendOf,
  foundationsOf,
  type Manifest,
  rootOf,
  settingsOf,
  valuesFor,
} from '../../lib/contract/manifest.ts';
import { parameterPath, SHARED } from '../../lib/contract/names.ts';
import { type Action, type DeploymentRequest, readRequest, refuseIfAny } from '../../lib/contract/request.ts';
import type { Release, Run } from '../../lib/contract/run.ts';

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
  const { request, problems: found } = readRequest(start.input, environment);
  const problems = [...found];
  const runId = start.execution.Name;
  if (!RUN_ID.test(runId))
    problems.push(`the execution's name "${runId}" may hold only letters, digits, - and _`);
  const policy = environment === SHARED ? sharedPolicy(manifest) : settingsOf(manifest, environment);
  const action = request.action ?? policy.defaultAction;
  const root = rootOf(manifest, environment, request.root);
  problems.push(...variableProblems(root.root, root.variables));
  const dumpFirst = request.replaceHost === true;
  if (dumpFirst && !manifest.backUp) {
    problems.push(
      'the manifest has no backUp command to dump the database with: ask for replaceHost "without-dump"',
    );
  }
  const application =
    environment === SHARED
      ? NO_APPLICATION
      : await resolveApplication(request, action, environment, manifest, problems, ports);
  // What is restored was approved when it was first deployed.
  const approval = application.restoring ? 'never' : (request.approval ?? policy.approval);
  if (policy.approver === 'another' && approval !== 'never' && action !== 'plan' && !request.requestedBy) {
    problems.push(
      `requestedBy is missing: in ${environment} somebody else than who asks must approve (chronos deploy ${environment} gives it)`,
    );
  }
  refuseIfAny(problems);
  const { Id: executionArn, StartTime: startedAt } = start.execution;
  return {
    runId,
    executionArn,
    environment,
    action,
    ...application,
    requestedBy: request.requestedBy ?? 'somebody who did not say',
    reason: request.reason ?? '',
    approval,
    approver: policy.approver,
    infrastructure: {
      root: root.root,
      variables: valuesFor(root, manifest),
      backend: backendOf(root, manifest),
      replace: request.replaceHost ? hostOf(root.root) : '',
    },
    dumpFirst,
    startedAt,
    deadline: new Date(Date.parse(startedAt) + DEADLINE_MS).toISOString(),
  };
}

/** The foundations are changed rarely, and never unseen. */
const sharedPolicy = (manifest: Manifest) =>
  ({
    defaultAction: 'plan',
    approval: 'always',
    approver: foundationsOf(manifest).approver,
  }) as const;

type Application = Pick<
  Run,
  'gitRef' | 'commit' | 'repository' | 'targets' | 'configuration' | 'lastRelease' | 'restoring'
>;

const NO_APPLICATION: Application = {
  gitRef: '',
  commit: '',
  repository: '',
  targets: [],
  configuration: { version: 0, pointer: {} },
  lastRelease: null,
  restoring: false,
};

/** Which commit and configuration are to be deployed; adds what is wrong with them to `problems`. */
async function resolveApplication(
  request: DeploymentRequest,
  action: Action,
  environment: string,
  manifest: Manifest,
  problems: string[],
  ports: ResolveRequestPorts,
): Promise<Application> {
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
  const { gitRef: usual = manifest.gitRef } = settingsOf(manifest, environment);
  const gitRef = request.gitRef ?? (action === 'configure' && release ? release.commit : usual);
  const { repository } = manifest;
  const commit = await commitOf(gitRef, repository, ports).catch((error) => {
    problems.push(messageOf(error));
    return '';
  });
  return {
    gitRef,
    commit,
    repository,
    targets: request.targets ?? ['dashboard', 'edge'],
    configuration,
    lastRelease: release ?? null,
    restoring,
  };
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
