import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Json } from '../asl/json.ts';
import type { Clock } from '../clock.ts';
import type { CdkOut } from '../stack/cdk-out.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { RestService } from '../wire/server.ts';
import type { LogsService } from './logs.ts';

interface LambdaFunction {
  readonly name: string;
  readonly folder: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly variables: Readonly<Record<string, string>>;
}

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type InvocationOutcome = { readonly result: Json } | { readonly error: FunctionError };

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_PAYLOAD_BYTES = 6 * 1024 * 1024;

export interface LambdaOptions {
  readonly out: CdkOut;
  readonly logs: LogsService;
  readonly clock: Clock;
  /** Where compiled code is kept, so that the next start is quicker. */
  readonly cacheFolder: string;
  /** Variables that give a function its credentials and the engine's endpoint. */
  readonly variables: () => Readonly<Record<string, string>>;
}

/** Lambda: every invocation runs the bundled handler in a process of its own. There are no warm environments. */
export class LambdaService implements RestService {
  readonly protocol = 'rest';
  readonly #functions: ReadonlyMap<string, LambdaFunction>;
  readonly #options: LambdaOptions;

  constructor(options: LambdaOptions) {
    this.#options = options;
    const found = options.out
      .ofType('AWS::Lambda::Function')
      .map(({ names, properties }): [string, LambdaFunction] => [
        names.ref,
        {
          name: names.ref,
          folder: options.out.assetFolder(properties.Code.S3Key),
          handler: properties.Handler,
          timeoutSeconds: properties.Timeout ?? 3,
          memoryMiB: properties.MemorySize ?? 128,
          variables: properties.Environment?.Variables ?? {},
        },
      ]);
    this.#functions = new Map(found);
  }

  /**
   * Invokes a function by name or ARN; a version is the function itself, since cdk.out holds just one.
   * @throws AwsError when there is no such function
   */
  async invoke(nameOrArn: string, event: unknown): Promise<InvocationOutcome> {
    const name = nameOrArn.replace(/^arn:[^:]*:lambda:[^:]*:[^:]*:function:/, '').split(':')[0] ?? '';
    const lambda = this.#functions.get(name);
    if (!lambda) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    return await this.#options.clock.hold(this.#run(lambda, event));
  }

  async answer(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '') ?? [];
    if (!name || request.method !== 'POST') {
      throw new AwsError(
        'NotImplemented',
        `the embedded engine does not implement Lambda ${request.method} ${request.url}`,
        501,
      );
    }
    const event = JSON.parse(body.toString() || '{}');
    response.setHeader('content-type', 'application/json');
    if (request.headers['x-amz-invocation-type'] === 'Event') {
      this.invoke(decodeURIComponent(name), event).catch(() => {});
      response.statusCode = 202;
      response.end();
      return;
    }
    const outcome = await this.invoke(decodeURIComponent(name), event);
    if ('error' in outcome) response.setHeader('x-amz-function-error', 'Unhandled');
    response.end(JSON.stringify('error' in outcome ? outcome.error : outcome.result));
  }

  async #run(lambda: LambdaFunction, event: unknown): Promise<InvocationOutcome> {
    const { clock, logs, cacheFolder, variables } = this.#options;
    const requestId = randomUUID();
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${lambda.memoryMiB}`,
        '--no-warnings',
        join(import.meta.dirname, '../functions/bootstrap.mjs'),
      ],
      {
        // Not in the terminal's process group: Ctrl-C is for the command, not for a function at work.
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
        cwd: lambda.folder,
        env: {
          PATH: process.env.PATH,
          TZ: ':UTC',
          LANG: 'en_US.UTF-8',
          NODE_COMPILE_CACHE: cacheFolder,
          _HANDLER: lambda.handler,
          LAMBDA_TASK_ROOT: lambda.folder,
          AWS_LAMBDA_FUNCTION_NAME: lambda.name,
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMiB),
          AWS_LAMBDA_FUNCTION_VERSION: '1',
          CHRONOS_REQUEST_ID: requestId,
          CHRONOS_CLOCK_AHEAD_MS: String(Math.round(clock.now() - Date.now())),
          ...variables(),
          ...lambda.variables,
        },
      },
    );
    let overdue = false;
    const timer = setTimeout(() => {
      overdue = true;
      child.kill('SIGKILL');
    }, lambda.timeoutSeconds * 1000);
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(event ?? {}));
    const ended = new Promise<number | null>((resolve) =>
      child.on('close', resolve).on('error', () => resolve(null)),
    );
    const [stdout, stderr, answer, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      text(child.stdio[3] as Readable),
      ended,
    ]);
    clearTimeout(timer);
    logs.append(
      `/aws/lambda/${lambda.name}`,
      new Date(clock.now()).toISOString().slice(0, 10),
      `START ${requestId}\n${stdout}${stderr}END ${requestId}`,
    );
    if (overdue) {
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${lambda.timeoutSeconds.toFixed(2)} seconds`;
      return { error: { errorType: 'Sandbox.Timedout', errorMessage } };
    }
    if (answer === '') {
      const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: exit status ${code}`;
      return { error: { errorType: 'Runtime.ExitError', errorMessage } };
    }
    if (answer.length > MOST_PAYLOAD_BYTES) {
      return {
        error: {
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
        },
      };
    }
    return JSON.parse(answer);
  }
}
