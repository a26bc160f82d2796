import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATOR_AGENT } from '../contract/names.ts';
import type { TaskRunner } from './asl/task.ts';
import { type Clock, SystemClock } from './clock.ts';
import { Faults } from './faults.ts';
import { GIT_PREFIX, GitServer } from './git-server.ts';
import { HostRegistry } from './hosts/host-registry.ts';
import { CodeBuildService } from './services/codebuild.ts';
import { DynamoDbService } from './services/dynamodb.ts';
import { Ec2Service } from './services/ec2.ts';
import { EventsService } from './services/events.ts';
import { LambdaService } from './services/lambda.ts';
import { LogsService } from './services/logs.ts';
import { ParameterStore } from './services/parameter-store.ts';
import { S3Service } from './services/s3.ts';
import { SnsService } from './services/sns.ts';
import { SsmService } from './services/ssm.ts';
import { SsmCommands } from './services/ssm-commands.ts';
import { StepFunctionsService } from './services/step-functions.ts';
import { stsService } from './services/sts.ts';
import { taskRunner } from './services/task-runner.ts';
import { CdkOut, REGION } from './stack/cdk-out.ts';
import { rolePolicies } from './stack/role-policies.ts';
import { Identities } from './wire/identities.ts';
import { WireServer } from './wire/server.ts';
import type { Keys } from './wire/sigv4.ts';

/** Bucket and lock table of the states of the AWS roots. */
export interface StateStorage {
  readonly bucket: string;
  readonly table: string;
  /** Makes both when the engine starts; otherwise that is left to `chronos bootstrap`. */
  readonly make: boolean;
}

export interface EngineOptions {
  /** What `npm run synth` wrote. */
  readonly cdkOut: string;
  /** Where the engine keeps everything: `.chronos`. */
  readonly folder: string;
  /** The tofu (or terraform) binary that builds run. */
  readonly tofu: string;
  /** The manifest that functions read instead of the one they were bundled with. */
  readonly manifestFile: string;
  readonly clock?: Clock;
  /** Only for the AWS roots. */
  readonly stateStorage?: StateStorage | undefined;
  /** The port to ask for first; another is taken when it is in use. */
  readonly port?: number;
}

/** Runs the synthesized stacks on this machine and answers AWS's APIs on one loopback port. */
export class Engine {
  readonly clock: Clock;
  readonly identities: Identities;
  /** Of the person who runs it. */
  readonly keys: Keys;
  readonly stepFunctions: StepFunctionsService;
  readonly parameters: ParameterStore;
  readonly hosts: HostRegistry;
  readonly #events: EventsService;
  readonly #dynamodb: DynamoDbService;
  readonly #out: CdkOut;
  readonly #codebuild: CodeBuildService;
  readonly #lambda: LambdaService;
  readonly #commands: SsmCommands;
  readonly #server: WireServer;
  /** Other processes' calls that are being answered, and when each process was last answered. */
  #openCalls = 0;
  readonly #callers = new Map<string, number>();
  readonly #lockTables: readonly string[];
  #endpoint = '';

  constructor(options: EngineOptions) {
    const { folder } = options;
    const inside = (name: string) => join(folder, name);
    this.clock = options.clock ?? new SystemClock();
    this.identities = new Identities(folder);
    this.keys = this.identities.owner.keys;
    this.#out = new CdkOut(options.cdkOut);
    const out = this.#out;
    const { clock, keys } = this;
    const endpoint = () => this.#endpoint;
    const credentials = () => ({
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ENDPOINT_URL: this.#endpoint,
    });
    const logs = new LogsService(inside('logs'), clock);
    const state = options.stateStorage;
    const s3 = new S3Service(inside('s3'), out);
    if (state?.make) s3.create(state.bucket);
    this.#lambda = new LambdaService({
      out,
      logs,
      clock,
      cacheFolder: join(options.cdkOut, '.compile-cache'),
      endpoint,
      variables: () => ({ ...credentials(), CHRONOS_MANIFEST: options.manifestFile }),
    });
    const lambda = this.#lambda;
    this.parameters = new ParameterStore(inside('parameters.json'), clock);
    this.hosts = new HostRegistry({
      states: [inside('states'), ...(state ? [inside(`s3/${state.bucket}`)] : [])],
      folder: inside('hosts'),
      keys,
      endpoint,
    });
    this.#events = new EventsService({
      out,
      lambda,
      startExecution: (stateMachineArn, input) =>
        this.stepFunctions.operations.StartExecution({ stateMachineArn, input }),
      clock,
      faults: new Faults(folder),
    });
    this.#codebuild = new CodeBuildService({
      out,
      folder,
      clock,
      surroundings: {
        folder: inside('builds'),
        clock,
        s3,
        logs,
        assetFolder: (key) => out.assetFolder(key),
        variables: () => ({
          ...credentials(),
          ...providerVariables(),
          AWS_ENDPOINT_URL_S3: this.#endpoint,
          AWS_ENDPOINT_URL_DYNAMODB: this.#endpoint,
          CHRONOS_TOFU: options.tofu,
          CHRONOS_LOCAL_STATE: inside('states'),
        }),
        readParameter: (name) => this.parameters.read(name),
      },
      onStatusChange: (detail) => {
        // An apply may have made hosts, or taken them away.
        this.hosts.list();
        this.#events.emit('aws.codebuild', 'CodeBuild Build State Change', detail);
      },
    });
    this.#commands = new SsmCommands({
      out,
      folder,
      clock,
      hosts: this.hosts,
      onStatusChange: ({ commandId, documentName, instanceId, status, requestedAt }) =>
        this.#events.emit('aws.ssm', 'EC2 Command Invocation Status-change Notification', {
          'command-id': commandId,
          'document-name': documentName,
          'instance-id': instanceId,
          'requested-date-time': new Date(requestedAt * 1000).toISOString(),
          status,
        }),
    });
    const runTask: TaskRunner = taskRunner({
      lambda,
      codebuild: this.#codebuild,
      clock,
      stepFunctions: () => this.stepFunctions,
      allowed: rolePolicies(out),
    });
    this.stepFunctions = new StepFunctionsService({
      out,
      folder: inside('executions'),
      clock,
      runTask,
      onStatusChange: (detail) =>
        this.#events.emit('aws.states', 'Step Functions Execution Status Change', detail),
    });
    this.#dynamodb = new DynamoDbService(inside('dynamodb'));
    this.#lockTables = state?.make ? [state.table] : [];
    const json = (operations: object) => ({ protocol: 'json' as const, operations: operations as never });
    this.#server = new WireServer({
      identities: this.identities,
      clock,
      port: options.port ?? 0,
      onRequest: (userAgent) => this.#noteCaller(userAgent),
      unsigned: { prefix: GIT_PREFIX, service: new GitServer(inside('git')) },
      services: {
        states: json(this.stepFunctions.operations),
        codebuild: json(this.#codebuild.operations),
        ssm: json(new SsmService(this.#commands, this.parameters, this.hosts).operations),
        events: json(this.#events.operations),
        logs: json(logs.operations),
        lambda,
        dynamodb: this.#dynamodb,
        s3,
        ec2: new Ec2Service(this.hosts, inside('snapshots.json'), clock),
        sns: new SnsService(inside('notices.jsonl'), out, clock),
        sts: stsService,
      },
    });
  }

  /** The URL that SDKs and the AWS CLI take as endpoint. */
  get endpoint(): string {
    return this.#endpoint;
  }

  /**
   * Begins to answer; what an earlier end of the engine cut off reads as ended from here on.
   * @param onListening called with the endpoint before anything runs
   */
  async start(onListening: (endpoint: string) => void = () => {}): Promise<void> {
    this.#endpoint = await this.#server.listen();
    onListening(this.#endpoint);
    await this.#dynamodb.start(this.#out, this.#lockTables);
    this.hosts.list();
    this.#codebuild.closeCutOff();
    this.#commands.closeCutOff();
    this.stepFunctions.closeCutOff();
    this.#events.start();
  }

  /** Whether somebody else than this process calls, or did within the last milliseconds. */
  hasOtherCallers(withinMs: number): boolean {
    if (this.#openCalls > 0) return true;
    return [...this.#callers.values()].some((time) => Date.now() - time < withinMs);
  }

  async stop(): Promise<void> {
    this.endProcesses();
    this.#events.stop();
    this.stepFunctions.stop();
    this.#lambda.stop();
    await this.#server.close();
    await this.#dynamodb.stop();
  }

  /** Ends at once what builds and commands run: nothing outlives the engine that answers for it. */
  endProcesses(): void {
    this.#codebuild.endProcesses();
    this.#commands.endProcesses();
  }

  /** The operator's commands say in the user agent which process they are. */
  #noteCaller(userAgent: string): () => void {
    const pid = CALLER.exec(userAgent)?.[1];
    if (!pid || pid === String(process.pid)) return () => {};
    this.#openCalls += 1;
    return () => {
      this.#openCalls -= 1;
      this.#callers.set(pid, Date.now());
    };
  }
}

const CALLER = new RegExp(`${OPERATOR_AGENT}/(\\d+)`);

/** Where tofu finds providers, and the switches of a provider that stands in for AWS's, as this process has them. */
function providerVariables(): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(process.env)) {
    const isPath = name === 'TF_CLI_CONFIG_FILE' || name === 'TF_PLUGIN_CACHE_DIR';
    if ((isPath && existsSync(value)) || name.startsWith('AWS_STANDIN_')) passed[name] = value;
  }
  return passed;
}
