import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Clock } from '../clock.ts';
import { AwsError, unsupported } from './aws-error.ts';
import type { Caller, Identities } from './identities.ts';
import { signedService, verifySignature } from './sigv4.ts';
import { renderXml } from './xml.ts';

// biome-ignore lint/suspicious/noExplicitAny: the shapes are AWS's, one per operation
export type Operation = (input: any) => unknown | Promise<unknown>;

/** A service of AWS's JSON protocol: operations by name. */
export interface JsonService {
  readonly protocol: 'json';
  readonly operations: Readonly<Record<string, Operation>>;
}

/** A service of the query protocol: the form's fields in, the XML of the answer out. */
export interface QueryService {
  readonly protocol: 'query';
  readonly namespace: string;
  answer(action: string, fields: URLSearchParams, caller: Caller): string;
}

/** A service that speaks HTTP in its own way. */
export interface RestService {
  readonly protocol: 'rest';
  answer(
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    caller: Caller,
  ): void | Promise<void>;
}

/** A service that everybody may call without signing. */
export interface UnsignedService {
  answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void | Promise<void>;
}

export type Service = JsonService | QueryService | RestService;

export interface WireServerOptions {
  readonly identities: Identities;
  readonly clock: Clock;
  /** By the name in the signature's scope: `states`, `ssm`, ... */
  readonly services: Readonly<Record<string, Service>>;
  /** Answers unsigned requests below this path, for programs that cannot sign. */
  readonly unsigned: { readonly prefix: string; readonly service: UnsignedService };
  readonly port: number;
  /** Told who calls, as far as the user agent says; what it gives back is called when the call has been answered. */
  readonly onRequest: (userAgent: string) => () => void;
}

const MOST_BODY_BYTES = 64 * 1024 * 1024;

/** All services on one loopback port. It can run commands: a browser, or another host's name, is refused. */
export class WireServer {
  readonly #server: Server;
  readonly #options: WireServerOptions;

  constructor(options: WireServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      options.clock.hold(this.#answer(request, response)).catch(() => response.destroy());
    });
  }

  /** @returns the endpoint's URL */
  async listen(): Promise<string> {
    const { port } = this.#options;
    const tryPort = (wanted: number) =>
      new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(wanted, '127.0.0.1', () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
    await tryPort(port).catch(() => tryPort(0));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    response.setHeader('x-amzn-requestid', requestId);
    let service: Service | undefined;
    const onAnswered = this.#options.onRequest(request.headers['user-agent'] ?? '');
    try {
      this.#refuseStrangers(request);
      const { prefix, service: unsigned } = this.#options.unsigned;
      const body = await readBody(request);
      if (request.url?.startsWith(prefix)) return await unsigned.answer(request, body, response);
      const { identities, clock, services } = this.#options;
      const { method = 'GET', url = '/', headers } = request;
      const name = signedService(headers);
      service = services[name];
      const caller = verifySignature({ method, url, headers, body }, identities, clock.now());
      if (!service) throw unsupported(name, 'at all');
      await dispatch(name, service, request, body, response, caller);
    } catch (error) {
      answerError(error, service, request, response, requestId);
    } finally {
      onAnswered();
    }
  }

  /** DNS rebinding and cross-site requests both show in these headers. */
  #refuseStrangers({ headers }: IncomingMessage): void {
    if (headers.origin !== undefined)
      throw new AwsError('AccessDenied', 'requests from a browser are refused', 403);
    const { port } = this.#server.address() as AddressInfo;
    if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) {
      throw new AwsError('AccessDenied', 'requests under another host name are refused', 403);
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY_BYTES) {
    throw new AwsError('RequestEntityTooLarge', 'the request is too large', 413);
  }
  return await buffer(request);
}

async function dispatch(
  name: string,
  service: Service,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  caller: Caller,
): Promise<void> {
  if (service.protocol === 'rest') return await service.answer(request, body, response, caller);
  if (service.protocol === 'query') {
    const fields = new URLSearchParams(body.toString());
    const action = fields.get('Action') ?? '';
    const inner = service.answer(action, fields, caller);
    response.setHeader('content-type', 'text/xml');
    response.end(`<${action}Response xmlns="${service.namespace}">${inner}</${action}Response>`);
    return;
  }
  const operation =
    String(request.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? '';
  const run = service.operations[operation];
  if (!run) throw unsupported(name, operation);
  const output = await run(JSON.parse(body.toString() || '{}'));
  response.setHeader('content-type', request.headers['content-type'] ?? 'application/x-amz-json-1.1');
  response.end(JSON.stringify(output ?? {}));
}

function answerError(
  error: unknown,
  service: Service | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): void {
  const known = error instanceof AwsError;
  // Nobody waits for the answer when the engine ends.
  if (!known && !response.destroyed) console.error(error);
  const code = known ? error.code : 'InternalFailure';
  const message = (error as Error).message;
  response.statusCode = known ? error.status : 500;
  if (service?.protocol === 'query') {
    response.setHeader('content-type', 'text/xml');
    // EC2 and the other query services wrap their errors differently: SDKs read both.
    const inner = { Code: code, Message: message };
    response.end(
      service.namespace.includes('ec2')
        ? renderXml({ Response: { Errors: { Error: inner }, RequestID: requestId } })
        : renderXml({ ErrorResponse: { Error: inner, RequestId: requestId } }),
    );
    return;
  }
  if (service?.protocol === 'rest' && !request.url?.startsWith('/2015-03-31')) {
    response.setHeader('content-type', 'application/xml');
    response.end(request.method === 'HEAD' ? '' : renderXml({ Error: { Code: code, Message: message } }));
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.setHeader('x-amzn-errortype', code);
  response.end(JSON.stringify({ __type: code, message, Message: message }));
}
