import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Json } from '../asl/json.ts';

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type InvocationOutcome = { readonly result: Json } | { readonly error: FunctionError };

export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  /** How far the engine's clock is ahead of the machine's. */
  readonly aheadMs: number;
  readonly timeoutSeconds: number;
}

export interface EnvironmentOptions {
  /** The function's code. */
  readonly folder: string;
  readonly memoryMiB: number;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * An execution environment of a function: one process that runs one invocation after the other, as Lambda's do. What
 * the module keeps outside the handler stays from one to the next. It is gone after a time-out or a crash.
 */
export class LambdaEnvironment {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #output = '';
  #onOutcome: ((line: string) => void) | undefined;
  #isAlive = true;

  constructor({ folder, memoryMiB, variables }: EnvironmentOptions) {
    const program = join(import.meta.dirname, '../functions/bootstrap.mjs');
    this.#child = spawn(
      process.execPath,
      [`--max-old-space-size=${memoryMiB}`, '--no-warnings', program],
      // Not in the terminal's process group: Ctrl-C is for the command, not for a function at work.
      { detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'], cwd: folder, env: variables },
    );
    const [stdin, stdout, stderr, outcomes] = this.#child.stdio;
    stdin!.on('error', () => {});
    for (const stream of [stdout, stderr] as Readable[])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    createInterface({ input: outcomes as Readable }).on('line', (line) => this.#onOutcome?.(line));
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', () => resolve(null)).on('close', resolve);
    });
    this.#exited.then(() => {
      this.#isAlive = false;
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Runs one invocation; `output` is what it printed. */
  async invoke(invocation: Invocation): Promise<{ outcome: InvocationOutcome; output: string }> {
    const { requestId, event, aheadMs, timeoutSeconds } = invocation;
    let overdue = false;
    const timer = setTimeout(() => {
      overdue = true;
      this.end();
    }, timeoutSeconds * 1000);
    const answered = new Promise<string>((resolve) => {
      this.#onOutcome = resolve;
    });
    this.#child.stdin!.write(`${JSON.stringify({ event: event ?? {}, requestId, aheadMs })}\n`);
    const answer = await Promise.race([answered, this.#exited]);
    clearTimeout(timer);
    // What was printed before the answer comes by other pipes.
    await new Promise(setImmediate);
    const output = this.#output;
    this.#output = '';
    const failed = (errorType: string, errorMessage: string) => ({
      outcome: { error: { errorType, errorMessage } },
      output,
    });
    if (overdue)
      return failed(
        'Sandbox.Timedout',
        `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
      );
    if (typeof answer !== 'string')
      return failed(
        'Runtime.ExitError',
        `RequestId: ${requestId} Error: Runtime exited with error: exit status ${answer}`,
      );
    if (answer.length > MOST_PAYLOAD_BYTES)
      return failed(
        'Function.ResponseSizeTooLarge',
        'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      );
    return { outcome: JSON.parse(answer), output };
  }

  end(): void {
    this.#isAlive = false;
    this.#child.kill('SIGKILL');
  }
}
