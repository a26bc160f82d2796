import { createHash } from 'node:crypto';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Clock } from '../clock.ts';
import type { Build, BuildStatus, SourceOverride } from '../services/build-record.ts';
import type { Project } from '../services/codebuild.ts';
import type { LogsService } from '../services/logs.ts';
import type { S3Service } from '../services/s3.ts';
import { BuildShell } from './build-shell.ts';
import { type Buildspec, type PhaseName, parseBuildspec } from './buildspec.ts';

/** What builds need of the engine. */
export interface BuildSurroundings {
  /** Where builds have their folders while they run. */
  readonly folder: string;
  readonly clock: Clock;
  readonly s3: S3Service;
  readonly logs: LogsService;
  /** The folder of an asset of cdk.out by its key in the assets bucket. */
  assetFolder(key: string): string;
  /** Credentials, the engine's endpoint, where tofu is. */
  variables(): Readonly<Record<string, string>>;
  /** The newest value of a parameter, decrypted. */
  readParameter(name: string): string;
}

/** How long a stopped build has before it is killed. */
const STOP_GRACE_MS = 10_000;

/** One run of a project's buildspec. */
export class BuildRun {
  readonly status: Promise<Exclude<BuildStatus, 'IN_PROGRESS'>>;
  readonly #build: Build;
  readonly #project: Project;
  readonly #surroundings: BuildSurroundings;
  #shell: BuildShell | undefined;
  #ending: 'STOPPED' | 'TIMED_OUT' | undefined;

  constructor(
    build: Build,
    project: Project,
    sources: readonly SourceOverride[],
    surroundings: BuildSurroundings,
  ) {
    this.#build = build;
    this.#project = project;
    this.#surroundings = surroundings;
    this.status = this.#run(sources);
  }

  stop(): void {
    this.#end('STOPPED');
  }

  /** Ends it at once, whatever becomes of its record. */
  kill(): void {
    this.#shell?.kill('SIGKILL');
  }

  #end(ending: 'STOPPED' | 'TIMED_OUT'): void {
    if (this.#ending) return;
    this.#ending = ending;
    this.#shell?.kill('SIGTERM');
    setTimeout(() => this.#shell?.kill('SIGKILL'), STOP_GRACE_MS).unref();
  }

  async #run(sources: readonly SourceOverride[]): Promise<Exclude<BuildStatus, 'IN_PROGRESS'>> {
    // The caller must have the build before it can end.
    await Promise.resolve();
    const { folder, clock } = this.#surroundings;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const work = mkdtempSync(join(folder, 'build-'));
    const cancelTimeout = clock.after(this.#project.timeoutInMinutes * 60_000, () => this.#end('TIMED_OUT'));
    try {
      return await this.#work(work, sources);
    } catch (error) {
      this.#log(`[Container] ${(error as Error).message}\n`);
      this.#phaseFailed(this.#build.currentPhase, (error as Error).message);
      return 'FAILED';
    } finally {
      cancelTimeout();
      rmSync(work, { recursive: true, force: true });
    }
  }

  async #work(
    work: string,
    overrides: readonly SourceOverride[],
  ): Promise<Exclude<BuildStatus, 'IN_PROGRESS'>> {
    const source = join(work, 'src');
    const env: Record<string, string> = {};
    this.#phase('DOWNLOAD_SOURCE', () => {
      this.#fetchSource(this.#project.source, source);
      for (const override of overrides) {
        const target = join(work, `src-${override.sourceIdentifier}`);
        this.#fetchSource(override, target);
        env[`CODEBUILD_SRC_DIR_${override.sourceIdentifier}`] = target;
      }
    });
    const buildspec = parseBuildspec(this.#project.buildspec);
    Object.assign(env, this.#environment(buildspec, source, work));
    if (this.#ending) return this.#ending;
    this.#shell = new BuildShell({
      buildspec,
      cwd: source,
      env,
      onOutput: (text) => this.#log(text),
      onPhase: (phase) => this.#beginPhase(phase),
      onPhaseEnd: ({ phase, failed, message }) =>
        failed ? this.#phaseFailed(phase, message) : this.#phaseEnded(phase),
    });
    const { succeeded, exported } = await this.#shell.result;
    this.#build.exportedEnvironmentVariables = [...exported].map(([name, value]) => ({ name, value }));
    if (this.#ending) return this.#ending;
    if (succeeded && buildspec.artifacts)
      this.#phase('UPLOAD_ARTIFACTS', () => this.#upload(buildspec, source));
    return succeeded ? 'SUCCEEDED' : 'FAILED';
  }

  #environment(buildspec: Buildspec, source: string, work: string): Record<string, string> {
    const { id, arn, projectName, environment, logs } = this.#build;
    const stored = Object.entries(buildspec.parameterStore).map(([name, key]) => [
      name,
      this.#surroundings.readParameter(key),
    ]);
    const given = environment.environmentVariables.map(({ name, value, type }) => {
      if (type === 'SECRETS_MANAGER')
        throw new Error(
          `the variable ${name} is of Secrets Manager, which the embedded engine does not have`,
        );
      return [name, type === 'PARAMETER_STORE' ? this.#surroundings.readParameter(value) : value];
    });
    return {
      // The runtime of a build is the engine's own Node, whatever stands on the PATH of whoever started it.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: work,
      LANG: 'C.UTF-8',
      TMPDIR: work,
      CODEBUILD_BUILD_ID: id,
      CODEBUILD_BUILD_ARN: arn,
      CODEBUILD_PROJECT: projectName,
      CODEBUILD_SRC_DIR: source,
      CODEBUILD_LOG_PATH: logs.streamName,
      CODEBUILD_INITIATOR: 'embedded-engine',
      ...this.#surroundings.variables(),
      ...buildspec.variables,
      ...Object.fromEntries(stored),
      ...Object.fromEntries(given),
    };
  }

  #fetchSource(
    { type, location }: { readonly type: string; readonly location: string },
    target: string,
  ): void {
    if (type !== 'S3') throw new Error(`sources of type ${type} are not supported by the embedded engine`);
    const [bucket = '', ...rest] = location.split('/');
    const key = rest.join('/');
    mkdirSync(target, { recursive: true });
    if (bucket.startsWith('cdk-')) {
      cpSync(this.#surroundings.assetFolder(key), target, { recursive: true });
      return;
    }
    for (const [name, data] of Object.entries(unzipSync(this.#surroundings.s3.get(bucket, key)))) {
      if (name.endsWith('/')) continue;
      const file = join(target, name);
      if (!file.startsWith(`${target}/`)) throw new Error(`the source holds the path ${name}`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data, { mode: 0o600 });
    }
  }

  #upload({ artifacts }: Buildspec, source: string): void {
    const { location = '', path = '', name = '', namespaceType } = this.#project.artifacts;
    if (this.#project.artifacts.type !== 'S3' || !artifacts) return;
    const base = join(source, artifacts.baseDirectory);
    const files = globSync([...artifacts.files], { cwd: base }).filter((file) =>
      statSync(join(base, file)).isFile(),
    );
    if (files.length === 0)
      throw new Error(`no matching artifact paths found: ${artifacts.files.join(', ')}`);
    const entries = files.map((file) => [
      artifacts.discardPaths ? basename(file) : file,
      readFileSync(join(base, file)),
    ]);
    const archive = zipSync(Object.fromEntries(entries));
    const uuid = this.#build.id.split(':')[1] ?? '';
    const key = [path, namespaceType === 'BUILD_ID' ? uuid : '', name].filter(Boolean).join('/');
    this.#surroundings.s3.put(location, key, archive);
    const sha256sum = createHash('sha256').update(archive).digest('hex');
    this.#build.artifacts = { location: `arn:aws:s3:::${location}/${key}`, sha256sum };
  }

  #phase(name: string, work: () => void): void {
    this.#beginPhase(name);
    work();
    this.#phaseEnded(name);
  }

  #beginPhase(name: PhaseName | string): void {
    this.#build.currentPhase = name.toUpperCase();
    this.#build.phases.push({
      phaseType: name.toUpperCase(),
      startTime: this.#surroundings.clock.now() / 1000,
    });
    this.#log(`[Container] Entering phase ${name.toUpperCase()}\n`);
  }

  #phaseEnded(name: string): void {
    this.#endPhase(name, 'SUCCEEDED', []);
  }

  #phaseFailed(name: string, message: string): void {
    this.#log(`[Container] Phase ${name.toUpperCase()} failed: ${message}\n`);
    this.#endPhase(name, 'FAILED', [{ statusCode: 'COMMAND_EXECUTION_ERROR', message }]);
  }

  #endPhase(name: string, phaseStatus: string, contexts: { statusCode: string; message: string }[]): void {
    const { phases } = this.#build;
    const index = phases.findLastIndex(({ phaseType }) => phaseType === name.toUpperCase());
    const begun = phases[index] ?? {
      phaseType: name.toUpperCase(),
      startTime: this.#surroundings.clock.now() / 1000,
    };
    const endTime = this.#surroundings.clock.now() / 1000;
    const ended = {
      ...begun,
      phaseStatus,
      endTime,
      durationInSeconds: Math.round(endTime - begun.startTime),
      contexts,
    };
    if (index < 0) phases.push(ended);
    else phases[index] = ended;
  }

  #log(text: string): void {
    const { groupName, streamName } = this.#build.logs;
    this.#surroundings.logs.append(groupName, streamName, text);
  }
}
