import { randomUUID } from 'node:crypto';
import { StateError } from './errors.ts';
import type { Execution } from './execution.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { TaskCall } from './task.ts';

/** Starts a machine by name; undefined when there is none. */
export type ExecutionStarter = (machine: string, name: string, input: Json) => Execution | undefined;

/** `states:startExecution` in all its patterns. `.sync` gives Input and Output as text, `.sync:2` as values. */
export async function startExecutionTask(call: TaskCall, start: ExecutionStarter): Promise<Json> {
  const args = (isObject(call.arguments) ? call.arguments : {}) as JsonObject;
  const stateMachineArn = String(args.StateMachineArn);
  const machine = stateMachineArn.split(':').at(-1) ?? '';
  const name = typeof args.Name === 'string' ? args.Name : randomUUID();
  const input = args.Input ?? {};
  const execution = start(machine, name, input);
  if (!execution) {
    throw new StateError(
      'StepFunctions.StateMachineDoesNotExistException',
      `State Machine Does Not Exist: '${stateMachineArn}'`,
    );
  }
  const executionArn = stateMachineArn.replace(':stateMachine:', ':execution:').concat(`:${name}`);
  const answer = { ExecutionArn: executionArn, StartDate: Date.parse(execution.startTime) };
  if (call.pattern === 'request') return answer;
  call.submitted(answer);
  const stop = () => execution.stop();
  call.signal.addEventListener('abort', stop, { once: true });
  const result = await execution.result;
  call.signal.removeEventListener('abort', stop);
  const value = (json: Json): Json => (call.pattern === 'sync2' ? json : JSON.stringify(json));
  const description: JsonObject = {
    ExecutionArn: executionArn,
    Input: value(input),
    InputDetails: { Included: true },
    Name: name,
    ...(result.output === undefined
      ? {}
      : { Output: value(result.output), OutputDetails: { Included: true } }),
    ...(result.error === undefined ? {} : { Error: result.error }),
    ...(result.cause === undefined ? {} : { Cause: result.cause }),
    RedriveCount: 0,
    RedriveStatus: result.status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    ...(result.status === 'SUCCEEDED'
      ? { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' }
      : {}),
    StartDate: Date.parse(execution.startTime),
    StateMachineArn: stateMachineArn,
    Status: result.status,
    StopDate: Date.now(),
  };
  if (result.status === 'SUCCEEDED') return description;
  throw new StateError('States.TaskFailed', JSON.stringify(description));
}
