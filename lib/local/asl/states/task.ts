import { randomBytes } from 'node:crypto';
import type { StateRunner } from '../branch.ts';
import type { State } from '../definition.ts';
import { Aborted, StateError, stateTimeout } from '../errors.ts';
import { evaluate, evaluateAs } from '../expression.ts';
import { leave, MOST_PAYLOAD_BYTES, scopeOf, type Visit } from '../frame.ts';
import { byteLength, type Json, type JsonObject } from '../json.ts';
import type { TaskCall, TaskPattern, TokenAnswer } from '../task.ts';
import { describeTask, type TaskEvents } from './task-events.ts';

const SUFFIXES: readonly [string, TaskPattern][] = [
  ['.waitForTaskToken', 'waitForTaskToken'],
  ['.sync:2', 'sync2'],
  ['.sync', 'sync'],
];

export const perform: StateRunner = async (state, visit) => {
  visit.token = randomBytes(48).toString('base64url');
  const scope = scopeOf(visit);
  const args =
    state.Arguments === undefined ? visit.input : await evaluate(state.Arguments, 'Arguments', scope);
  const limits = {
    timeout: await secondsOf(state.TimeoutSeconds, 'TimeoutSeconds', visit),
    heartbeat: await secondsOf(state.HeartbeatSeconds, 'HeartbeatSeconds', visit),
  };
  const events = describeTask(state.Resource!);
  const result = await call(state.Resource!, args, limits, visit, events);
  return { ...(await leave(visit, state, result, { result })), next: state.Next };
};

async function secondsOf(
  value: State['TimeoutSeconds'],
  field: string,
  visit: Visit,
): Promise<number | undefined> {
  return value === undefined ? undefined : await evaluateAs<number>('number', value, field, scopeOf(visit));
}

interface Limits {
  readonly timeout: number | undefined;
  readonly heartbeat: number | undefined;
}

async function call(
  resource: string,
  args: Json,
  limits: Limits,
  visit: Visit,
  events: TaskEvents,
): Promise<Json> {
  const { setting, cursor } = visit.branch;
  const { history } = setting;
  const add = (kind: string, details: JsonObject = {}) =>
    history.add(events.type(kind), cursor, { ...events.common(kind), ...details });
  const pattern = SUFFIXES.find(([suffix]) => resource.endsWith(suffix))?.[1] ?? 'request';
  add('Scheduled', {
    ...events.scheduled(args),
    ...(limits.timeout === undefined ? {} : { timeoutInSeconds: limits.timeout }),
    ...(limits.heartbeat === undefined ? {} : { heartbeatInSeconds: limits.heartbeat }),
  });
  add('Started');
  try {
    const result = await settle(pattern, args, limits, visit, events, (answer) =>
      add('Submitted', { output: JSON.stringify(answer) }),
    );
    if (byteLength(result) > MOST_PAYLOAD_BYTES) {
      throw new StateError(
        'States.DataLimitExceeded',
        `The state/task '${events.resourceType}' returned a result with a size exceeding the maximum number of bytes service limit.`,
      );
    }
    add('Succeeded', { output: JSON.stringify(result) });
    return result;
  } catch (error) {
    if (error instanceof StateError) {
      add(error.error === 'States.Timeout' ? 'TimedOut' : 'Failed', {
        ...(error.error === undefined ? {} : { error: error.error }),
        ...(error.cause === undefined ? {} : { cause: error.cause }),
      });
    }
    throw error;
  }
}

/** Races the work against the token's answer, both time limits, and the end of the branch. */
function settle(
  pattern: TaskPattern,
  args: Json,
  limits: Limits,
  visit: Visit,
  events: TaskEvents,
  submitted: (answer: Json) => void,
): Promise<Json> {
  const { setting, signal } = visit.branch;
  const { clock, tokens } = setting;
  const token = visit.token!;
  return new Promise<Json>((resolve, reject) => {
    const ended = new AbortController();
    let done = false;
    let stopHeartbeat = () => {};
    const finish = (conclude: () => void) => {
      if (done) return;
      done = true;
      stopTimeout();
      stopHeartbeat();
      signal.removeEventListener('abort', onAbort);
      tokens.close(token);
      ended.abort();
      conclude();
    };
    const onAbort = () => finish(() => reject(new Aborted()));
    const beat = () => {
      stopHeartbeat();
      if (limits.heartbeat !== undefined && !done) {
        stopHeartbeat = clock.after(limits.heartbeat * 1000, () =>
          finish(() => reject(stateTimeout('heartbeat'))),
        );
      }
    };
    const stopTimeout =
      limits.timeout === undefined
        ? () => {}
        : clock.after(limits.timeout * 1000, () => finish(() => reject(stateTimeout('timeout'))));
    signal.addEventListener('abort', onAbort, { once: true });
    const answered = (answer: TokenAnswer) =>
      finish(() =>
        'output' in answer ? resolve(answer.output) : reject(new StateError(answer.error, answer.cause)),
      );
    if (pattern !== 'request') tokens.open(token, { settle: answered, heartbeat: beat });
    beat();
    const taskCall: TaskCall = {
      resourceType: events.resourceType,
      resource: events.resource,
      pattern,
      arguments: args,
      executionArn: setting.arn,
      roleArn: setting.roleArn,
      signal: ended.signal,
      submitted: (answer) => {
        if (!done) submitted(answer);
      },
    };
    setting.runTask(taskCall).then(
      (answer) => {
        if (pattern !== 'waitForTaskToken') finish(() => resolve(answer));
        else taskCall.submitted(answer);
      },
      (error) => finish(() => reject(error)),
    );
    if (signal.aborted) onAbort();
  });
}
