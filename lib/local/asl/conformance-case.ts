import { JumpingClock } from '../clock.ts';
import { loadDefinition } from './definition.ts';
import { InvalidDefinition, StateError } from './errors.ts';
import { Execution, type ExecutionResult } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { lambdaPayload, lambdaResult } from './lambda-task.ts';
import { startExecutionTask } from './start-execution-task.ts';
import { type TaskCall, type TaskRunner, TaskTokens } from './task.ts';

type Mock =
  | { kind: 'echo' }
  | { kind: 'return'; value: Json }
  | { kind: 'error'; errorType: string; errorMessage: string }
  | { kind: 'delay'; seconds: number; then: Mock }
  | { kind: 'repeat'; text: string; count: number };

interface Callback {
  readonly state: string;
  readonly after: number;
  readonly send: 'success' | 'failure' | 'heartbeat' | 'nothing';
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
}

/** A case as the conformance suite's README describes it. */
export interface ConformanceCase {
  readonly definition: unknown;
  readonly input: Json;
  readonly mocks?: Readonly<Record<string, Mock>>;
  readonly callbacks?: readonly Callback[];
  readonly machines?: Readonly<Record<string, unknown>>;
  readonly stopAfter?: { event: string; name?: string; error?: string; cause?: string };
}

const ACCOUNT = 'us-east-1:111111111111';

/** Runs a case on a clock that jumps, with functions that behave as the case says. */
export async function runConformanceCase(test: ConformanceCase): Promise<JsonObject> {
  const clock = new JumpingClock();
  const tokens = new TaskTokens();
  const started = (
    definition: unknown,
    machine: string,
    name: string,
    input: Json,
    watch?: (e: HistoryEvent) => void,
  ) => {
    const execution = new Execution({
      definition: loadDefinition(definition),
      arn: `arn:aws:states:${ACCOUNT}:execution:${machine}:${name}`,
      name,
      stateMachineArn: `arn:aws:states:${ACCOUNT}:stateMachine:${machine}`,
      stateMachineName: machine,
      roleArn: `arn:aws:iam::111111111111:role/${machine}`,
      input,
      clock,
      tokens,
      runTask,
    });
    if (watch) execution.history.onEvent(watch);
    return execution;
  };
  const runTask: TaskRunner = async (call) => {
    if (call.resourceType === 'states') {
      return await startExecutionTask(call, (machine, name, input) => {
        const definition = test.machines?.[machine];
        return definition === undefined ? undefined : started(definition, machine, name, input);
      });
    }
    return await invokeMock(test.mocks ?? {}, call, clock);
  };
  const replies = test.callbacks ?? [];
  let state: string | undefined;
  const watch = (event: HistoryEvent) => {
    const entered = event.stateEnteredEventDetails as { name: string } | undefined;
    if (entered) state = entered.name;
    const { stopAfter } = test;
    if (stopAfter && event.type === stopAfter.event && eventName(event) === stopAfter.name) {
      setImmediate(() => execution.stop(stopAfter.error, stopAfter.cause));
    }
    if (event.type !== 'TaskSubmitted') return;
    for (const reply of replies.filter((candidate) => candidate.state === state)) {
      const of = tokens.newest ?? '';
      clock.after(reply.after * 1000, () => send(reply, of, tokens));
    }
  };
  let execution: Execution;
  try {
    execution = started(test.definition, 'StateMachine', 'case', test.input, watch);
  } catch (error) {
    if (!(error instanceof InvalidDefinition)) throw error;
    return { status: 'REFUSED', error: error.message };
  }
  const result: ExecutionResult = await execution.result;
  clock.stop();
  return {
    status: result.status,
    ...(result.output === undefined ? {} : { output: result.output }),
    ...(result.error === undefined ? {} : { error: result.error }),
    ...(result.cause === undefined ? {} : { cause: result.cause }),
    events: execution.history.events.map((event) => {
      const name = eventName(event);
      return { type: event.type, ...(name === undefined ? {} : { name }) } as JsonObject;
    }),
  };
}

function eventName(event: HistoryEvent): string | undefined {
  for (const details of Object.values(event)) {
    if (isObject(details)) return (details.name ?? details.state) as string | undefined;
  }
  return undefined;
}

function send(reply: Callback, token: string, tokens: TaskTokens): void {
  try {
    if (reply.send === 'heartbeat') tokens.heartbeat(token);
    if (reply.send === 'success') {
      const text = JSON.stringify(reply.output ?? null).replaceAll('__TOKEN__', token);
      tokens.settle(token, { output: JSON.parse(text) });
    }
    if (reply.send === 'failure') tokens.settle(token, { error: reply.error, cause: reply.cause });
  } catch {
    // As on AWS, an answer that comes too late is the sender's error, not the execution's.
  }
}

async function invokeMock(
  mocks: Readonly<Record<string, Mock>>,
  call: TaskCall,
  clock: JumpingClock,
): Promise<Json> {
  const { functionName, payload } = lambdaPayload(call);
  const mock = mocks[functionName];
  if (!mock) {
    throw new StateError(
      'Lambda.ResourceNotFoundException',
      `Function not found: ${functionName} (Service: Lambda, Status Code: 404)`,
    );
  }
  return lambdaResult(call, await behave(mock, payload, clock));
}

async function behave(mock: Mock, payload: Json, clock: JumpingClock): Promise<Json> {
  switch (mock.kind) {
    case 'echo':
      return payload;
    case 'return':
      return mock.value;
    case 'repeat':
      return mock.text.repeat(mock.count);
    case 'error': {
      const { errorType, errorMessage } = mock;
      throw new StateError(errorType, JSON.stringify({ errorMessage, errorType }));
    }
    case 'delay':
      await new Promise<void>((resolve) => clock.after(mock.seconds * 1000, resolve));
      return await behave(mock.then, payload, clock);
  }
}
