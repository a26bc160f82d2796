import type { Clock } from '../clock.ts';
import { runBranch } from './branch.ts';
import type { StateMachineDefinition } from './definition.ts';
import { Aborted, StateError } from './errors.ts';
import { isoTime } from './frame.ts';
import { type Cursor, History } from './history.ts';
import type { Json } from './json.ts';
import type { TaskRunner, TaskTokens } from './task.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionResult {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: Json;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** What ended an execution from outside. */
interface Stopped {
  readonly status: 'ABORTED' | 'TIMED_OUT';
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export interface ExecutionOptions {
  readonly definition: StateMachineDefinition;
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  readonly input: Json;
  readonly clock: Clock;
  readonly tokens: TaskTokens;
  readonly runTask: TaskRunner;
  readonly random?: () => number;
}

/** One run of a state machine. */
export class Execution {
  readonly history: History;
  readonly startTime: string;
  readonly result: Promise<ExecutionResult>;
  readonly #abort = new AbortController();
  #stopped: Stopped | undefined;

  constructor(options: ExecutionOptions) {
    this.history = new History(() => options.clock.now());
    this.startTime = isoTime(options.clock);
    this.result = this.#run(options);
  }

  /** As StopExecution: nothing inside the execution runs any more. */
  stop(error?: string, cause?: string): void {
    this.#end({ status: 'ABORTED', error, cause });
  }

  #end(stopped: Stopped): void {
    if (this.#stopped) return;
    this.#stopped = stopped;
    this.#abort.abort();
  }

  async #run(options: ExecutionOptions): Promise<ExecutionResult> {
    // The caller must see the execution before its first event.
    await Promise.resolve();
    const { definition, clock, input } = options;
    const cursor: Cursor = { last: 0 };
    this.history.add('ExecutionStarted', cursor, { input: JSON.stringify(input), roleArn: options.roleArn });
    const { TimeoutSeconds } = definition;
    const cancelTimeout =
      TimeoutSeconds === undefined
        ? () => {}
        : clock.after(TimeoutSeconds * 1000, () => this.#end({ status: 'TIMED_OUT' }));
    const branch = {
      setting: {
        ...options,
        startTime: this.startTime,
        history: this.history,
        random: options.random ?? Math.random,
      },
      graph: definition,
      cursor,
      signal: this.#abort.signal,
      variables: {},
    };
    try {
      const output = await runBranch(branch, input);
      this.history.add('ExecutionSucceeded', cursor, { output: JSON.stringify(output) });
      return { status: 'SUCCEEDED', output };
    } catch (thrown) {
      return this.#conclude(thrown, cursor);
    } finally {
      cancelTimeout();
    }
  }

  #conclude(thrown: unknown, cursor: Cursor): ExecutionResult {
    if (thrown instanceof Aborted && this.#stopped) {
      const { status, error, cause } = this.#stopped;
      const type = status === 'TIMED_OUT' ? 'ExecutionTimedOut' : 'ExecutionAborted';
      cursor.last = this.history.events.length;
      this.history.add(type, cursor, { ...(error ? { error } : {}), ...(cause ? { cause } : {}) });
      return this.#stopped;
    }
    const { error, cause } =
      thrown instanceof StateError
        ? thrown
        : { error: 'States.Runtime', cause: `The embedded engine failed: ${(thrown as Error).stack}` };
    this.history.add('ExecutionFailed', cursor, {
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
    return { status: 'FAILED', error, cause };
  }
}
