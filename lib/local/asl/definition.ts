import { InvalidDefinition } from './errors.ts';
import { expressionIn, syntaxProblem } from './expression.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'NONE' | 'FULL';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly Assign?: JsonObject;
  readonly Output?: Json;
}

export interface ChoiceRule {
  readonly Condition: Json;
  readonly Next: string;
  readonly Assign?: JsonObject;
  readonly Output?: Json;
}

export type StateType = 'Task' | 'Pass' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';

/** A state as written; which fields a type may have is checked when the definition is loaded. */
export interface State {
  readonly Type: StateType;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Assign?: JsonObject;
  readonly Output?: Json;
  readonly Arguments?: Json;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Resource?: string;
  readonly TimeoutSeconds?: Json;
  readonly HeartbeatSeconds?: Json;
  readonly Choices?: readonly ChoiceRule[];
  readonly Default?: string;
  readonly Seconds?: Json;
  readonly Timestamp?: Json;
  readonly Error?: Json;
  readonly Cause?: Json;
  readonly Branches?: readonly StateGraph[];
  readonly ItemProcessor?: StateGraph;
  readonly Items?: Json;
  readonly ItemSelector?: Json;
  readonly MaxConcurrency?: Json;
  readonly ToleratedFailureCount?: Json;
  readonly ToleratedFailurePercentage?: Json;
}

export interface StateGraph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface StateMachineDefinition extends StateGraph {
  readonly Comment?: string;
  readonly Version?: string;
  readonly QueryLanguage: 'JSONata';
  readonly TimeoutSeconds?: number;
}

const EVERY_STATE = ['Type', 'Comment', 'QueryLanguage'];
const FLOW = ['Next', 'End', 'Assign', 'Output'];
const FALLIBLE = ['Retry', 'Catch'];

/** The fields that each type of state has in JSONata: https://states-language.net/spec.html */
const FIELDS: Readonly<Record<StateType, readonly string[]>> = {
  Task: [...FLOW, ...FALLIBLE, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds', 'Credentials'],
  Pass: FLOW,
  Choice: ['Choices', 'Default', 'Assign', 'Output'],
  Wait: [...FLOW, 'Seconds', 'Timestamp'],
  Succeed: ['Output'],
  Fail: ['Error', 'Cause'],
  Parallel: [...FLOW, ...FALLIBLE, 'Branches', 'Arguments'],
  Map: [
    ...FLOW,
    ...FALLIBLE,
    'ItemProcessor',
    'Items',
    'ItemSelector',
    'MaxConcurrency',
    'ToleratedFailureCount',
    'ToleratedFailurePercentage',
  ],
};

const DISTRIBUTED_ONLY = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label'];
const REQUIRED: Partial<Record<StateType, readonly string[]>> = {
  Task: ['Resource'],
  Choice: ['Choices'],
  Parallel: ['Branches'],
  Map: ['ItemProcessor'],
};
const MACHINE_FIELDS = ['Comment', 'Version', 'QueryLanguage', 'TimeoutSeconds', 'StartAt', 'States'];
const RETRIER_FIELDS = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
];
const CATCHER_FIELDS = ['ErrorEquals', 'Next', 'Assign', 'Output', 'Comment'];
const RULE_FIELDS = ['Condition', 'Next', 'Assign', 'Output', 'Comment'];

/**
 * Reads a definition and refuses, by state and field, all that this interpreter would not do as AWS does.
 * @throws InvalidDefinition with every problem found
 */
export function loadDefinition(value: unknown): StateMachineDefinition {
  const problems: string[] = [];
  if (!isObject(value)) throw new InvalidDefinition(['the definition is not a JSON object']);
  for (const field of Object.keys(value)) {
    if (!MACHINE_FIELDS.includes(field)) problems.push(`the machine's field ${field} is not supported`);
  }
  const language = value.QueryLanguage ?? 'JSONPath';
  checkGraph(value, 'the machine', language, problems, new Set());
  if (problems.length > 0) throw new InvalidDefinition(problems);
  return value as unknown as StateMachineDefinition;
}

function checkGraph(
  graph: unknown,
  where: string,
  language: unknown,
  problems: string[],
  names: Set<string>,
): void {
  if (!isObject(graph) || !isObject(graph.States)) {
    problems.push(`${where} has no States`);
    return;
  }
  const states = graph.States;
  if (typeof graph.StartAt !== 'string' || !(graph.StartAt in states)) {
    problems.push(`${where}: StartAt names no state of it`);
  }
  for (const [name, state] of Object.entries(states)) {
    if (names.has(name)) problems.push(`state ${name}: the name is used twice`);
    names.add(name);
    checkState(name, state, states, language, problems, names);
  }
}

function checkState(
  name: string,
  state: unknown,
  siblings: Record<string, unknown>,
  machineLanguage: unknown,
  problems: string[],
  names: Set<string>,
): void {
  const report = (problem: string) => problems.push(`state ${name}: ${problem}`);
  if (!isObject(state)) return void report('is not an object');
  const type = state.Type as StateType;
  if (!(type in FIELDS)) return void report(`unknown Type ${JSON.stringify(state.Type)}`);
  if ((state.QueryLanguage ?? machineLanguage) !== 'JSONata') {
    return void report('QueryLanguage JSONPath is not supported, only JSONata');
  }
  for (const field of Object.keys(state)) {
    if (DISTRIBUTED_ONLY.includes(field) && type === 'Map') {
      report(`${field} belongs to a distributed Map, which is not supported`);
    } else if (!EVERY_STATE.includes(field) && !FIELDS[type].includes(field)) {
      report(`the field ${field} is not supported in a ${type} state`);
    }
  }
  for (const field of REQUIRED[type] ?? []) if (!(field in state)) report(`${field} is missing`);
  if (state.Credentials !== undefined) report('Credentials is not supported');
  checkFlow(type, state, siblings, report);
  checkExpressions(state, name, problems);
  if (type === 'Wait' && 'Seconds' in state === 'Timestamp' in state) {
    report('exactly one of Seconds and Timestamp is needed');
  }
  if (type === 'Parallel' && Array.isArray(state.Branches)) {
    for (const branch of state.Branches)
      checkGraph(branch, `a branch of ${name}`, machineLanguage, problems, names);
  }
  if (type === 'Map' && isObject(state.ItemProcessor)) {
    const config = state.ItemProcessor.ProcessorConfig;
    if (isObject(config) && config.Mode === 'DISTRIBUTED') report('a distributed Map is not supported');
    checkGraph(state.ItemProcessor, `the ItemProcessor of ${name}`, machineLanguage, problems, names);
  }
}

function checkFlow(
  type: StateType,
  state: Record<string, unknown>,
  siblings: Record<string, unknown>,
  report: (problem: string) => void,
): void {
  const leads = (target: unknown, what: string) => {
    if (typeof target !== 'string' || !(target in siblings))
      report(`${what} names no state beside it: ${target}`);
  };
  if (FIELDS[type].includes('Next')) {
    if ((state.Next !== undefined) === (state.End === true)) report('exactly one of Next and End is needed');
    if (state.Next !== undefined) leads(state.Next, 'Next');
  }
  const lists: [string, readonly string[]][] = [
    ['Retry', RETRIER_FIELDS],
    ['Catch', CATCHER_FIELDS],
    ['Choices', RULE_FIELDS],
  ];
  for (const [field, known] of lists) {
    const entries = state[field];
    if (entries === undefined) continue;
    if (!Array.isArray(entries) || (entries.length === 0 && field === 'Choices')) {
      report(`${field} must be a list`);
      continue;
    }
    for (const entry of entries) {
      for (const key of Object.keys(entry)) {
        if (!known.includes(key)) report(`the field ${key} in ${field} is not supported`);
      }
      if (field !== 'Choices' && !Array.isArray(entry.ErrorEquals)) report(`${field} needs ErrorEquals`);
      if (field !== 'Retry') leads(entry.Next, `Next in ${field}`);
    }
  }
  if (state.Default !== undefined) leads(state.Default, 'Default');
}

/** Every expression in a state, except those of the states inside it, must at least parse. */
function checkExpressions(value: unknown, name: string, problems: string[]): void {
  if (typeof value === 'string') {
    const expression = expressionIn(value);
    const problem = expression === undefined ? undefined : syntaxProblem(expression);
    if (problem) problems.push(`state ${name}: the expression ${expression} is not JSONata: ${problem}`);
  } else if (Array.isArray(value)) {
    for (const item of value) checkExpressions(item, name, problems);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (key !== 'Branches' && key !== 'ItemProcessor') checkExpressions(item, name, problems);
    }
  }
}
