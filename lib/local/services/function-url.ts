import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ACCOUNT, type StackResource } from '../stack/cdk-out.ts';
import type { Caller } from '../wire/identities.ts';
import type { InvocationOutcome } from './lambda-environment.ts';
import { userArn } from './sts.ts';

/** @returns the function's name @throws Error for a URL that everybody may call: the engine's port has none */
export function readFunctionUrl({ logicalId, properties }: StackResource): string {
  if (properties.AuthType !== 'AWS_IAM')
    throw new Error(`the function URL ${logicalId} has no IAM: the embedded engine does not support that`);
  return String(properties.TargetFunctionArn).split(':')[6] ?? '';
}

/** The event of a request to a function URL. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export function functionUrlEvent(
  { method = 'GET', headers }: IncomingMessage,
  path: string,
  body: Buffer,
  caller: Caller,
  now: number,
): object {
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

interface UrlResult {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers with what the function made of it; a function that failed is a bad gateway. */
export function answerFunctionUrl(outcome: InvocationOutcome, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  if ('error' in outcome) {
    response.statusCode = 502;
    response.end('Internal Server Error');
    return;
  }
  const { statusCode = 200, headers = {}, body = '' } = outcome.result as UrlResult;
  response.statusCode = statusCode;
  for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
  response.end(body);
}
