import type { Clock } from '../clock.ts';
import type { StateGraph } from './definition.ts';
import { StateError } from './errors.ts';
import { type EvaluationScope, evaluate } from './expression.ts';
import type { Cursor, History } from './history.ts';
import { byteLength, type Json, type JsonObject } from './json.ts';
import type { TaskRunner, TaskTokens } from './task.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const MOST_PAYLOAD_BYTES = 262_144;

/** What stays the same through one execution. */
export interface ExecutionSetting {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly input: Json;
  readonly startTime: string;
  readonly clock: Clock;
  readonly history: History;
  readonly tokens: TaskTokens;
  readonly runTask: TaskRunner;
  readonly random: () => number;
}

/** One line of execution: the machine's own, a Parallel branch, or a Map iteration. */
export interface Branch {
  readonly setting: ExecutionSetting;
  readonly graph: StateGraph;
  readonly cursor: Cursor;
  readonly signal: AbortSignal;
  /** Own variables over those of the surrounding branch. */
  readonly variables: Record<string, Json>;
  readonly mapItem?: { readonly Index: number; readonly Value: Json };
  /** The state that this branch is in, for the events of an abort. */
  current?: { readonly type: string; readonly name: string };
}

/** A state being executed. */
export interface Visit {
  readonly branch: Branch;
  readonly name: string;
  readonly input: Json;
  readonly enteredEventId: number;
  readonly enteredTime: string;
  retryCount: number;
  token?: string;
}

export function isoTime(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}

/** The context object. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
function contextObject({ branch, name, enteredTime, retryCount, token }: Visit): JsonObject {
  const { setting, mapItem } = branch;
  return {
    Execution: {
      Id: setting.arn,
      Input: setting.input,
      Name: setting.name,
      RoleArn: setting.roleArn,
      StartTime: setting.startTime,
      RedriveCount: 0,
    },
    StateMachine: { Id: setting.stateMachineArn, Name: setting.stateMachineName },
    State:
      token === undefined
        ? { Name: name, EnteredTime: enteredTime }
        : { Name: name, EnteredTime: enteredTime, RetryCount: retryCount },
    ...(token === undefined ? {} : { Task: { Token: token } }),
    ...(mapItem === undefined ? {} : { Map: { Item: { Index: mapItem.Index, Value: mapItem.Value } } }),
  };
}

/** What `$states` holds beside input and context. */
export interface Extra {
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly mapItem?: { readonly Index: number; readonly Value: Json };
}

export function scopeOf(visit: Visit, extra: Extra = {}): EvaluationScope {
  const { branch } = visit;
  const { mapItem, ...states } = extra;
  const context = contextObject(mapItem ? { ...visit, branch: { ...branch, mapItem } } : visit);
  const bindings: Record<string, unknown> = { states: { input: visit.input, context, ...states } };
  for (const name in branch.variables) bindings[name] = branch.variables[name];
  return {
    stateName: visit.name,
    enteredEventId: visit.enteredEventId,
    clock: branch.setting.clock,
    bindings,
  };
}

/** What a state leaves behind. */
export interface Outcome {
  readonly output: Json;
  readonly assigned?: JsonObject;
  /** undefined: the branch ends here. */
  readonly next?: string | undefined;
}

/**
 * Evaluates Assign and Output of a state, a Catch or a Choice rule. All of Assign sees the variables as
 * they were before; the variables change only when everything could be evaluated.
 */
export async function leave(
  visit: Visit,
  fields: { readonly Assign?: JsonObject; readonly Output?: Json },
  otherwise: Json,
  extra: Extra = {},
): Promise<{ output: Json; assigned?: JsonObject }> {
  const scope = scopeOf(visit, extra);
  const assigned = fields.Assign && ((await evaluate(fields.Assign, 'Assign', scope)) as JsonObject);
  const output = fields.Output === undefined ? otherwise : await evaluate(fields.Output, 'Output', scope);
  if (byteLength(output) > MOST_PAYLOAD_BYTES) {
    throw new StateError(
      'States.DataLimitExceeded',
      `The state/task '${visit.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
      { escapesAll: true },
    );
  }
  Object.assign(visit.branch.variables, assigned);
  return assigned ? { output, assigned } : { output };
}
