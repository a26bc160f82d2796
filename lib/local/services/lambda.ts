import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Json } from '../asl/json.ts';
import type { Clock } from '../clock.ts';
import { ACCOUNT, type CdkOut, REGION, type StackResource } from '../stack/cdk-out.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Caller } from '../wire/identities.ts';
import type { RestService } from '../wire/server.ts';
import type { LogsService } from './logs.ts';
import { userArn } from './sts.ts';

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
  readonly endpoint: () => string;
  /** Variables that give a function its credentials and the engine's endpoint. */
  readonly variables: () => Readonly<Record<string, string>>;
}

/** Lambda: every invocation runs the bundled handler in a process of its own. There are no warm environments. */
export class LambdaService implements RestService {
  readonly protocol = 'rest';
  readonly #functions: ReadonlyMap<string, LambdaFunction>;
  /** Names of the functions that have a URL. */
  readonly #withUrl: ReadonlySet<string>;
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
    this.#withUrl = new Set(options.out.ofType('AWS::Lambda::Url').map(readUrl));
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
    if (called && this.#withUrl.has(called))
      return await this.#answerUrl(called, request, body, response, caller);
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

  /** A function URL with AWS_IAM. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
  async #answerUrl(
    name: string,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    caller: Caller,
  ): Promise<void> {
    const path = request.url!.slice(`/function-url/${name}`.length);
    const outcome = await this.invoke(name, urlEvent(request, path, body, caller, this.#options.clock.now()));
    response.setHeader('content-type', 'application/json');
    if ('error' in outcome) {
      response.statusCode = 502;
      response.end('Internal Server Error');
      return;
    }
    const { statusCode = 200, headers = {}, body: text = '' } = outcome.result as UrlResult;
    response.statusCode = statusCode;
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    response.end(text);
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

interface UrlResult {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @returns the function's name @throws Error for a URL that everybody may call: the engine's port has none */
function readUrl({ logicalId, properties }: StackResource): string {
  if (properties.AuthType !== 'AWS_IAM')
    throw new Error(`the function URL ${logicalId} has no IAM: the embedded engine does not support that`);
  return String(properties.TargetFunctionArn).split(':')[6] ?? '';
}

function urlEvent(request: IncomingMessage, path: string, body: Buffer, caller: Caller, now: number): object {
  const { method = 'GET', headers } = request;
  const [rawPath = '/', rawQueryString = ''] = path.split('?', 2);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      authentication: null,
      authorizer: {
        iam: {
          accessKey: caller.keys.accessKeyId,
          accountId: ACCOUNT,
          callerId: caller.name,
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: userArn(caller.name),
          userId: caller.name,
        },
      },
      domainName: headers.host,
      domainPrefix: 'local',
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'],
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: new Date(now).toUTCString(),
      timeEpoch: now,
    },
    body: body.toString(),
    isBase64Encoded: false,
  };
}
