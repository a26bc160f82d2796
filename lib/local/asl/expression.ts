import jsonata from 'jsonata';
import type { Clock } from '../clock.ts';
import { StateError } from './errors.ts';
import { stepFunctionsFunctions } from './functions.ts';
import { isObject, type Json, jsonType } from './json.ts';

/** The text between `{%` and `%}`; undefined for a string that is no expression (outer spaces make a literal). */
export function expressionIn(value: string): string | undefined {
  return /^\{%[\s\S]*%\}$/.test(value) ? value.slice(2, -2).trim() : undefined;
}

/** Says what is wrong with an expression's syntax, or undefined. */
export function syntaxProblem(expression: string): string | undefined {
  try {
    compile(expression);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const compiled = new Map<string, jsonata.Expression>();

function compile(expression: string): jsonata.Expression {
  let known = compiled.get(expression);
  if (!known) {
    known = jsonata(expression);
    compiled.set(expression, known);
  }
  return known;
}

/** What an evaluation needs to know of the state it happens in. */
export interface EvaluationScope {
  readonly stateName: string;
  readonly enteredEventId: number;
  readonly clock: Clock;
  /** `$states` and the variables in reach. */
  readonly bindings: Readonly<Record<string, unknown>>;
}

export function queryFailure(scope: EvaluationScope, location: string, detail: string): StateError {
  const cause = `An error occurred while executing the state '${scope.stateName}' (entered at the event id #${scope.enteredEventId}). ${detail}`;
  return new StateError('States.QueryEvaluationError', cause, { location });
}

/** Replaces every expression in a value of the definition by what it evaluates to. */
export async function evaluate(value: Json, location: string, scope: EvaluationScope): Promise<Json> {
  if (typeof value === 'string') {
    const expression = expressionIn(value);
    return expression === undefined ? value : await evaluateExpression(expression, location, scope);
  }
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const [i, item] of value.entries()) items.push(await evaluate(item, `${location}[${i}]`, scope));
    return items;
  }
  if (isObject(value)) {
    const result: { [key: string]: Json } = {};
    for (const [key, item] of Object.entries(value)) {
      result[key] = await evaluate(item as Json, `${location}/${key}`, scope);
    }
    return result;
  }
  return value;
}

/** As `evaluate`, and refuses a result of another type than the field needs. */
export async function evaluateAs<T extends Json>(
  type: string,
  value: Json,
  location: string,
  scope: EvaluationScope,
): Promise<T> {
  const result = await evaluate(value, location, scope);
  if (jsonType(result) === type) return result as T;
  const expression = typeof value === 'string' ? (expressionIn(value) ?? value) : JSON.stringify(value);
  throw queryFailure(
    scope,
    location,
    `The JSONata expression '${expression}' specified for the field '${location}' returned an unexpected result type. Expected '${type}', but was '${jsonType(result)}' for value: ${JSON.stringify(result)}`,
  );
}

async function evaluateExpression(
  expression: string,
  location: string,
  scope: EvaluationScope,
): Promise<Json> {
  const about = `The JSONata expression '${expression}' specified for the field '${location}'`;
  let result: unknown;
  try {
    const time = await timeFunctions(scope.clock);
    result = await compile(expression).evaluate(undefined, {
      ...stepFunctionsFunctions,
      ...time,
      ...scope.bindings,
    });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    throw queryFailure(
      scope,
      location,
      `${about} threw an error during evaluation. ${code ? `${code}: ` : ''}${message}`,
    );
  }
  if (result === undefined) {
    throw queryFailure(scope, location, `${about} returned nothing (undefined).`);
  }
  if (holdsFunction(result)) {
    throw queryFailure(scope, location, `${about} returned an unsupported result type.`);
  }
  return JSON.parse(JSON.stringify(result));
}

/** `$now` and `$millis` of the engine's clock instead of the machine's. */
async function timeFunctions(clock: Clock): Promise<Record<string, unknown>> {
  const millis = clock.now();
  return {
    millis: () => millis,
    now: (picture?: string, timezone?: string) =>
      compile('$fromMillis($m, $p, $z)').evaluate(undefined, { m: millis, p: picture, z: timezone }),
  };
}

/** JSONata's own functions and regular expressions are marked as such, JavaScript's are functions. */
function holdsFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (Array.isArray(value)) return value.some(holdsFunction);
  if (!isObject(value)) return false;
  if (value._jsonata_lambda === true || value._jsonata_function === true) return true;
  return Object.values(value).some(holdsFunction);
}
