import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { ACCOUNT, type CdkOut, REGION } from '../stack/cdk-out.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Caller } from '../wire/identities.ts';
import type { RestService } from '../wire/server.ts';
import { answerFunctionUrl, functionUrlEvent, readFunctionUrl } from './function-url.ts';
import { type InvocationOutcome, LambdaEnvironment } from './lambda-environment.ts';
import type { LogsService } from './logs.ts';

interface LambdaFunction {
  readonly name: string;
  readonly folder: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** How long an execution environment waits for its next invocation, and how many may wait. */
const IDLE_MS = 20_000;
const MOST_IDLE = 12;

export interface LambdaOptions {
  readonly out: CdkOut;
  readonly logs: LogsService;
  readonly clock: Clock;
  /** Where compiled code is kept, so that the next start is quicker. */
  readonly cacheFolder: string;
  readonly endpoint: () => string;
  /** Variables that give a function its credentials and the engine's endpoint. */
  readonly variables: () => Readonly<Record<string, string>>;
}

interface IdleEnvironment {
  readonly lambda: LambdaFunction;
  readonly environment: LambdaEnvironment;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lambda: invocations run the bundled handler in processes of their own, each with one invocation at a time. A process
 * that is done waits a while for the next, as Lambda's execution environments do.
 */
export class LambdaService implements RestService {
  readonly protocol = 'rest';
  readonly #functions: ReadonlyMap<string, LambdaFunction>;
  /** Names of the functions that have a URL. */
  readonly #withUrl: ReadonlySet<string>;
  readonly #options: LambdaOptions;
  /** The longest waiting first. */
  #idle: IdleEnvironment[] = [];
  readonly #working = new Set<LambdaEnvironment>();
  #stopped = false;

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
    this.#withUrl = new Set(options.out.ofType('AWS::Lambda::Url').map(readFunctionUrl));
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

  async answer(
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    caller: Caller,
  ): Promise<void> {
    const { method = '', url = '' } = request;
    const [, called] = /^\/function-url\/([^/]+)\//.exec(url) ?? [];
    if (called && this.#withUrl.has(called)) {
      const path = url.slice(`/function-url/${called}`.length);
      const event = functionUrlEvent(request, path, body, caller, this.#options.clock.now());
      return answerFunctionUrl(await this.invoke(called, event), response);
    }
    const [, described] = /^\/2021-10-31\/functions\/([^/]+)\/url$/.exec(url) ?? [];
    const [, invoked] = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(url) ?? [];
    if (described && method === 'GET') return this.#describeUrl(decodeURIComponent(described), response);
    if (!invoked || method !== 'POST') {
      throw new AwsError(
        'NotImplemented',
        `the embedded engine does not implement Lambda ${method} ${url}`,
        501,
      );
    }
    const name = decodeURIComponent(invoked);
    const event = JSON.parse(body.toString() || '{}');
    response.setHeader('content-type', 'application/json');
    if (request.headers['x-amz-invocation-type'] === 'Event') {
      this.invoke(name, event).catch(() => {});
      response.statusCode = 202;
      response.end();
      return;
    }
    const outcome = await this.invoke(name, event);
    if ('error' in outcome) response.setHeader('x-amz-function-error', 'Unhandled');
    response.end(JSON.stringify('error' in outcome ? outcome.error : outcome.result));
  }

  #describeUrl(name: string, response: ServerResponse): void {
    if (!this.#withUrl.has(name))
      throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        FunctionUrl: `${this.#options.endpoint()}/function-url/${name}/`,
        FunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
        AuthType: 'AWS_IAM',
        CreationTime: '2025-01-01T00:00:00Z',
        LastModifiedTime: '2025-01-01T00:00:00Z',
        InvokeMode: 'BUFFERED',
      }),
    );
  }

  /** Ends every environment, at work or not. */
  stop(): void {
    this.#stopped = true;
    for (const waiting of this.#idle) this.#endIdle(waiting);
    for (const environment of this.#working) environment.end();
  }

  async #run(lambda: LambdaFunction, event: unknown): Promise<InvocationOutcome> {
    const { clock, logs } = this.#options;
    const requestId = randomUUID();
    const environment = this.#takeIdle(lambda) ?? this.#makeEnvironment(lambda);
    const aheadMs = Math.round(clock.now() - Date.now());
    const { timeoutSeconds } = lambda;
    this.#working.add(environment);
    const { outcome, output } = await environment.invoke({ requestId, event, aheadMs, timeoutSeconds });
    this.#working.delete(environment);
    if (this.#stopped) return outcome;
    logs.append(
      `/aws/lambda/${lambda.name}`,
      new Date(clock.now()).toISOString().slice(0, 10),
      `START ${requestId}\n${output}END ${requestId}`,
    );
    if (environment.isAlive) this.#keep(lambda, environment);
    return outcome;
  }

  #makeEnvironment(lambda: LambdaFunction): LambdaEnvironment {
    const { cacheFolder, variables } = this.#options;
    const { name, folder, handler, memoryMiB } = lambda;
    return new LambdaEnvironment({
      folder,
      memoryMiB,
      variables: {
        PATH: process.env.PATH,
        TZ: ':UTC',
        LANG: 'en_US.UTF-8',
        NODE_COMPILE_CACHE: cacheFolder,
        _HANDLER: handler,
        LAMBDA_TASK_ROOT: folder,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
        AWS_LAMBDA_FUNCTION_VERSION: '1',
        ...variables(),
        ...lambda.variables,
      },
    });
  }

  #takeIdle(lambda: LambdaFunction): LambdaEnvironment | undefined {
    const found = this.#idle.findLast((waiting) => waiting.lambda === lambda && waiting.environment.isAlive);
    if (found) this.#forget(found);
    return found?.environment;
  }

  #keep(lambda: LambdaFunction, environment: LambdaEnvironment): void {
    const timer = setTimeout(() => this.#endIdle(waiting), IDLE_MS);
    timer.unref();
    const waiting: IdleEnvironment = { lambda, environment, timer };
    this.#idle.push(waiting);
    if (this.#idle.length > MOST_IDLE) this.#endIdle(this.#idle[0]!);
  }

  #endIdle(waiting: IdleEnvironment): void {
    this.#forget(waiting);
    waiting.environment.end();
  }

  #forget(waiting: IdleEnvironment): void {
    clearTimeout(waiting.timer);
    this.#idle = this.#idle.filter((each) => each !== waiting);
  }
}
