import { randomUUID } from 'node:crypto';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { TaskCall } from './task.ts';

/** Which function a task names, and the payload it sends: a function's own ARN takes the arguments as they are. */
export function lambdaPayload(call: TaskCall): { functionName: string; payload: Json; qualifier?: string } {
  if (call.resourceType !== 'lambda') return { ...functionIn(call.resource), payload: call.arguments };
  const args = (isObject(call.arguments) ? call.arguments : {}) as JsonObject;
  const { Payload, FunctionName, Qualifier } = args;
  return {
    ...functionIn(String(FunctionName)),
    ...(Qualifier === undefined ? {} : { qualifier: String(Qualifier) }),
    // A string is passed on as raw JSON text, a null arrives as {}: seen in AWS's recordings.
    payload: typeof Payload === 'string' ? parsed(Payload) : (Payload ?? {}),
  };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function functionIn(nameOrArn: string): { functionName: string; qualifier?: string } {
  const [name = '', qualifier] = nameOrArn.replace(/^arn:[^:]*:lambda:[^:]*:[^:]*:function:/, '').split(':');
  return qualifier === undefined ? { functionName: name } : { functionName: name, qualifier };
}

/** The result of `lambda:invoke`: what the function answered, wrapped as AWS wraps it. */
export function lambdaResult(call: TaskCall, payload: Json): Json {
  if (call.resourceType !== 'lambda') return payload;
  const requestId = randomUUID();
  return {
    ExecutedVersion: '$LATEST',
    Payload: payload,
    SdkHttpMetadata: { AllHttpHeaders: {}, HttpHeaders: {}, HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: requestId },
    StatusCode: 200,
  };
}
