import { randomUUID } from 'node:crypto';
import { Execution, type ExecutionResult, type ExecutionStatus } from '../asl/execution.ts';
import type { HistoryEvent } from '../asl/history.ts';
import type { Json } from '../asl/json.ts';
import { type TaskRunner, TaskTokens } from '../asl/task.ts';
import type { Clock } from '../clock.ts';
import type { CdkOut } from '../stack/cdk-out.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { JsonService } from '../wire/server.ts';
import { ExecutionArchive, type ExecutionDescription } from './execution-archive.ts';
import { loadStateMachine, type StateMachine } from './state-machine.ts';

interface KnownExecution {
  description: ExecutionDescription;
  readonly events: () => readonly HistoryEvent[];
  readonly running?: Execution;
}

const MOST_INPUT_BYTES = 262_144;
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

export interface StepFunctionsOptions {
  readonly out: CdkOut;
  readonly folder: string;
  readonly clock: Clock;
  readonly runTask: TaskRunner;
  /** Told of every change of an execution's status. */
  readonly onStatusChange: (detail: object) => void;
}

/** Step Functions: runs the synthesized definitions, keeps their histories, answers task tokens. */
export class StepFunctionsService implements JsonService {
  readonly protocol = 'json';
  readonly #machines: ReadonlyMap<string, StateMachine>;
  readonly #executions = new Map<string, KnownExecution>();
  readonly #tokens = new TaskTokens();
  readonly #archive: ExecutionArchive;
  readonly #options: StepFunctionsOptions;
  #stopped = false;

  constructor(options: StepFunctionsOptions) {
    this.#options = options;
    this.#machines = new Map(options.out.ofType('AWS::StepFunctions::StateMachine').map(loadStateMachine));
    this.#archive = new ExecutionArchive(options.folder);
    for (const description of this.#archive.list()) {
      const events = () => this.#archive.readEvents(description.executionArn);
      this.#executions.set(description.executionArn, { description, events });
    }
  }

  /** Ends the executions that the engine's last end cut off: they read as ABORTED. */
  closeCutOff(): void {
    for (const known of this.#executions.values()) {
      if (known.description.status !== 'RUNNING' || known.running) continue;
      const events = known.events();
      const last = events.at(-1)?.id ?? 0;
      this.#archive.appendEvent(known.description.executionArn, {
        timestamp: this.#options.clock.now() / 1000,
        type: 'ExecutionAborted',
        id: last + 1,
        previousEventId: last,
        executionAbortedEventDetails: { cause: 'the embedded engine ended' },
      });
      this.#conclude(known, { status: 'ABORTED', cause: 'the embedded engine ended' });
    }
  }

  /** Writes nothing more: executions that run now are cut off. */
  stop(): void {
    this.#stopped = true;
  }

  /** Names of executions that have not ended. */
  running(): string[] {
    return [...this.#executions.values()]
      .filter(({ running, description }) => running && description.status === 'RUNNING')
      .map(({ description }) => description.name);
  }

  /** Starts an execution from inside the engine; undefined when there is no such machine. */
  startNested(machineName: string, name: string, input: Json): Execution | undefined {
    const machine = [...this.#machines.values()].find((candidate) => candidate.name === machineName);
    return machine && this.#start(machine, name, input, JSON.stringify(input)).running;
  }

  readonly operations = {
    StartExecution: ({
      stateMachineArn,
      name = randomUUID(),
      input = '{}',
    }: {
      stateMachineArn: string;
      name?: string;
      input?: string;
    }) => {
      const machine = this.#machine(stateMachineArn);
      if (!NAME.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
      if (Buffer.byteLength(input) > MOST_INPUT_BYTES) {
        throw new AwsError(
          'ValidationException',
          `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${MOST_INPUT_BYTES}`,
        );
      }
      const parsed = parseJson(input, 'InvalidExecutionInput', 'Invalid State Machine Execution Input');
      const before = this.#executions.get(executionArn(machine, name));
      if (before) {
        const same = before.description.status === 'RUNNING' && before.description.input === input;
        if (!same)
          throw new AwsError(
            'ExecutionAlreadyExists',
            `Execution Already Exists: '${before.description.executionArn}'`,
          );
        return { executionArn: before.description.executionArn, startDate: before.description.startDate };
      }
      const { description } = this.#start(machine, name, parsed, input);
      return { executionArn: description.executionArn, startDate: description.startDate };
    },
    StopExecution: ({
      executionArn: arn,
      error,
      cause,
    }: {
      executionArn: string;
      error?: string;
      cause?: string;
    }) => {
      const known = this.#execution(arn);
      known.running?.stop(error, cause);
      return { stopDate: this.#options.clock.now() / 1000 };
    },
    DescribeExecution: ({ executionArn: arn }: { executionArn: string }) => ({
      ...this.#execution(arn).description,
      inputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
    }),
    ListExecutions: ({
      stateMachineArn,
      statusFilter,
      maxResults = 100,
    }: {
      stateMachineArn: string;
      statusFilter?: ExecutionStatus;
      maxResults?: number;
    }) => {
      this.#machine(stateMachineArn);
      const executions = [...this.#executions.values()]
        .map(({ description }) => description)
        .filter(
          (each) =>
            each.stateMachineArn === stateMachineArn && (!statusFilter || each.status === statusFilter),
        )
        .sort((a, b) => b.startDate - a.startDate)
        .slice(0, maxResults)
        .map(({ executionArn: arn, name, status, startDate, stopDate }) => ({
          executionArn: arn,
          stateMachineArn,
          name,
          status,
          startDate,
          stopDate,
        }));
      return { executions };
    },
    GetExecutionHistory: ({
      executionArn: arn,
      maxResults = 1000,
      reverseOrder = false,
      nextToken,
    }: {
      executionArn: string;
      maxResults?: number;
      reverseOrder?: boolean;
      nextToken?: string;
    }) => {
      const all = [...this.#execution(arn).events()];
      if (reverseOrder) all.reverse();
      const from = Number(nextToken ?? 0);
      const to = from + (maxResults || 100);
      return { events: all.slice(from, to), ...(to < all.length ? { nextToken: String(to) } : {}) };
    },
    ListStateMachines: () => ({
      stateMachines: [...this.#machines.values()].map(({ arn, name }) => ({
        stateMachineArn: arn,
        name,
        type: 'STANDARD',
        creationDate: 0,
      })),
    }),
    DescribeStateMachine: ({ stateMachineArn }: { stateMachineArn: string }) => {
      const { arn, name, roleArn, text } = this.#machine(stateMachineArn);
      return {
        stateMachineArn: arn,
        name,
        roleArn,
        definition: text,
        status: 'ACTIVE',
        type: 'STANDARD',
        creationDate: 0,
      };
    },
    SendTaskSuccess: ({ taskToken, output }: { taskToken: string; output: string }) => {
      const value = parseJson(output, 'InvalidOutput', 'Invalid Output');
      return this.#answerToken(() => this.#tokens.settle(taskToken, { output: value }));
    },
    SendTaskFailure: ({ taskToken, error, cause }: { taskToken: string; error?: string; cause?: string }) =>
      this.#answerToken(() => this.#tokens.settle(taskToken, { error, cause })),
    SendTaskHeartbeat: ({ taskToken }: { taskToken: string }) =>
      this.#answerToken(() => this.#tokens.heartbeat(taskToken)),
  };

  #answerToken(act: () => void): object {
    try {
      act();
      return {};
    } catch (error) {
      throw new AwsError((error as Error).name, (error as Error).message);
    }
  }

  #start(machine: StateMachine, name: string, input: Json, inputText: string): KnownExecution {
    const { clock, runTask, onStatusChange } = this.#options;
    const arn = executionArn(machine, name);
    const execution = new Execution({
      definition: machine.definition,
      arn,
      name,
      stateMachineArn: machine.arn,
      stateMachineName: machine.name,
      roleArn: machine.roleArn,
      input,
      clock,
      tokens: this.#tokens,
      runTask,
    });
    const description: ExecutionDescription = {
      executionArn: arn,
      stateMachineArn: machine.arn,
      name,
      status: 'RUNNING',
      startDate: clock.now() / 1000,
      input: inputText,
    };
    const known: KnownExecution = { description, events: () => execution.history.events, running: execution };
    this.#executions.set(arn, known);
    this.#archive.describe(description);
    execution.history.onEvent((event) => {
      if (!this.#stopped) this.#archive.appendEvent(arn, event);
    });
    onStatusChange(description);
    execution.result.then((result) => this.#conclude(known, result));
    return known;
  }

  #conclude(known: KnownExecution, result: ExecutionResult): void {
    if (this.#stopped) return;
    const { status, output, error, cause } = result;
    known.description = {
      ...known.description,
      status,
      stopDate: this.#options.clock.now() / 1000,
      ...(output === undefined ? {} : { output: JSON.stringify(output) }),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    };
    this.#archive.describe(known.description);
    this.#options.onStatusChange(known.description);
  }

  #machine(arn: string): StateMachine {
    const machine = this.#machines.get(arn);
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  #execution(arn: string): KnownExecution {
    const known = this.#executions.get(arn);
    if (!known) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return known;
  }
}

const executionArn = ({ arn }: StateMachine, name: string): string =>
  `${arn.replace(':stateMachine:', ':execution:')}:${name}`;

function parseJson(text: string, code: string, prefix: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AwsError(code, `${prefix}: '${(error as Error).message}'`);
  }
}
