import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BuildRun, type BuildSurroundings } from '../builds/build-run.ts';
import type { Clock } from '../clock.ts';
import { ACCOUNT, type CdkOut, REGION } from '../stack/cdk-out.ts';
import { readJson, writeWhole } from '../store.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { JsonService } from '../wire/server.ts';
import type { Build, EnvironmentVariable, SourceOverride } from './build-record.ts';

export interface Project {
  readonly name: string;
  readonly buildspec: string;
  readonly source: { readonly type: string; readonly location: string };
  readonly artifacts: {
    readonly type: string;
    readonly location?: string;
    readonly path?: string;
    readonly name?: string;
    readonly namespaceType?: string;
  };
  readonly variables: readonly EnvironmentVariable[];
  readonly timeoutInMinutes: number;
  readonly concurrentBuildLimit: number | undefined;
  readonly logGroup: string;
}

export interface StartBuildInput {
  readonly projectName: string;
  readonly environmentVariablesOverride?: readonly EnvironmentVariable[];
  readonly secondarySourcesOverride?: readonly SourceOverride[];
}

const STARTABLE = ['projectName', 'environmentVariablesOverride', 'secondarySourcesOverride'];

export interface CodeBuildOptions {
  readonly out: CdkOut;
  readonly folder: string;
  readonly clock: Clock;
  readonly surroundings: BuildSurroundings;
  readonly onStatusChange: (detail: object) => void;
}

/** CodeBuild: runs the buildspecs of the synthesized projects with the machine's own bash. */
export class CodeBuildService implements JsonService {
  readonly protocol = 'json';
  readonly #projects: ReadonlyMap<string, Project>;
  readonly #builds: Map<string, Build>;
  readonly #runs = new Map<string, BuildRun>();
  readonly #options: CodeBuildOptions;

  constructor(options: CodeBuildOptions) {
    this.#options = options;
    this.#projects = new Map(
      options.out
        .ofType('AWS::CodeBuild::Project')
        .map(({ names, properties }) => [names.ref, readProject(names.ref, properties)]),
    );
    this.#builds = new Map(Object.entries(readJson<Record<string, Build>>(this.#file, {})));
  }

  /** Builds that the engine's last end cut off did not end: CodeBuild would call that a fault of its own. */
  closeCutOff(): void {
    for (const build of this.#builds.values()) if (!build.buildComplete) this.#end(build, 'FAULT');
  }

  endProcesses(): void {
    for (const run of this.#runs.values()) run.kill();
  }

  projectArn(name: string): string {
    return `arn:aws:codebuild:${REGION}:${ACCOUNT}:project/${name}`;
  }

  /** @throws AwsError when the project is unknown or runs as many builds as it may: CodeBuild refuses, it does not queue */
  start(input: StartBuildInput): Build {
    const project = this.#projects.get(input.projectName);
    if (!project)
      throw new AwsError(
        'ResourceNotFoundException',
        `Project cannot be found: ${this.projectArn(input.projectName)}`,
      );
    const unknown = Object.keys(input).filter((name) => !STARTABLE.includes(name));
    if (unknown.length > 0)
      throw new AwsError(
        'InvalidInputException',
        `the embedded engine does not support ${unknown.join(', ')} of StartBuild`,
      );
    const active = [...this.#builds.values()].filter(
      (build) => build.projectName === project.name && !build.buildComplete,
    );
    if (project.concurrentBuildLimit !== undefined && active.length >= project.concurrentBuildLimit) {
      throw new AwsError(
        'AccountLimitExceededException',
        `Cannot have more than ${project.concurrentBuildLimit} builds in queue for the project`,
      );
    }
    const uuid = randomUUID();
    const build: Build = {
      id: `${project.name}:${uuid}`,
      arn: `arn:aws:codebuild:${REGION}:${ACCOUNT}:build/${project.name}:${uuid}`,
      buildNumber:
        [...this.#builds.values()].filter(({ projectName }) => projectName === project.name).length + 1,
      projectName: project.name,
      startTime: this.#options.clock.now() / 1000,
      currentPhase: 'QUEUED',
      buildStatus: 'IN_PROGRESS',
      phases: [],
      environment: {
        environmentVariables: merged(project.variables, input.environmentVariablesOverride ?? []),
      },
      exportedEnvironmentVariables: [],
      artifacts: {},
      logs: { groupName: project.logGroup, streamName: uuid },
      timeoutInMinutes: project.timeoutInMinutes,
      buildComplete: false,
    };
    this.#builds.set(build.id, build);
    this.#save();
    const run = new BuildRun(
      build,
      project,
      input.secondarySourcesOverride ?? [],
      this.#options.surroundings,
    );
    this.#runs.set(build.id, run);
    run.status.then((status) => {
      this.#runs.delete(build.id);
      this.#end(build, status);
    });
    return build;
  }

  stop(id: string): void {
    this.#runs.get(id)?.stop();
  }

  async whenEnded(id: string): Promise<Build> {
    await this.#runs.get(id)?.status;
    return this.#builds.get(id)!;
  }

  readonly operations = {
    StartBuild: (input: StartBuildInput) => ({ build: this.start(input) }),
    BatchGetBuilds: ({ ids }: { ids: readonly string[] }) => ({
      builds: ids.flatMap((id) => this.#builds.get(id) ?? []),
      buildsNotFound: ids.filter((id) => !this.#builds.has(id)),
    }),
    ListBuildsForProject: ({
      projectName,
      sortOrder = 'DESCENDING',
    }: {
      projectName: string;
      sortOrder?: string;
    }) => {
      const ids = [...this.#builds.values()]
        .filter((build) => build.projectName === projectName)
        .map(({ id }) => id);
      return { ids: sortOrder === 'DESCENDING' ? ids.reverse() : ids };
    },
    ListBuilds: () => ({ ids: [...this.#builds.keys()].reverse() }),
    ListProjects: () => ({ projects: [...this.#projects.keys()] }),
    StopBuild: ({ id }: { id: string }) => {
      const build = this.#builds.get(id);
      if (!build) throw new AwsError('ResourceNotFoundException', `Build cannot be found: ${id}`);
      this.stop(id);
      return { build };
    },
  };

  #end(build: Build, status: Build['buildStatus']): void {
    build.buildStatus = status;
    build.buildComplete = true;
    build.currentPhase = 'COMPLETED';
    build.endTime = this.#options.clock.now() / 1000;
    this.#save();
    this.#options.onStatusChange({
      'build-status': status,
      'project-name': build.projectName,
      'build-id': build.arn,
    });
  }

  get #file(): string {
    return join(this.#options.folder, 'builds.json');
  }

  #save(): void {
    writeWhole(this.#file, JSON.stringify(Object.fromEntries(this.#builds)));
  }
}

function merged(
  own: readonly EnvironmentVariable[],
  overrides: readonly EnvironmentVariable[],
): EnvironmentVariable[] {
  const all = new Map([...own, ...overrides].map((variable) => [variable.name, variable]));
  return [...all.values()];
}

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's shape
function readProject(name: string, properties: any): Project {
  const { Source, Artifacts, Environment, TimeoutInMinutes, ConcurrentBuildLimit, LogsConfig } = properties;
  return {
    name,
    buildspec: Source.BuildSpec,
    source: { type: Source.Type, location: Source.Location },
    artifacts: {
      type: Artifacts.Type,
      location: Artifacts.Location,
      path: Artifacts.Path,
      name: Artifacts.Name,
      namespaceType: Artifacts.NamespaceType,
    },
    variables: (Environment.EnvironmentVariables ?? []).map(
      (variable: { Name: string; Value: string; Type?: EnvironmentVariable['type'] }) => ({
        name: variable.Name,
        value: variable.Value,
        type: variable.Type ?? 'PLAINTEXT',
      }),
    ),
    timeoutInMinutes: TimeoutInMinutes ?? 60,
    concurrentBuildLimit: ConcurrentBuildLimit,
    logGroup: LogsConfig?.CloudWatchLogs?.GroupName ?? `/aws/codebuild/${name}`,
  };
}
