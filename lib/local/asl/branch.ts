import type { State } from './definition.ts';
import { Aborted, matchesError, StateError } from './errors.ts';
import { type Branch, isoTime, leave, type Outcome, type Visit } from './frame.ts';
import type { Json, JsonObject } from './json.ts';
import { retryDelay } from './retry.ts';
import { sleep } from './sleep.ts';
import { choose } from './states/choice.ts';
import { fail } from './states/fail.ts';
import { iterate } from './states/map.ts';
import { fork } from './states/parallel.ts';
import { pass, succeed } from './states/pass.ts';
import { perform } from './states/task.ts';
import { wait } from './states/wait.ts';

/** Executes one kind of state, from its entry to what it leaves behind; events between those are its own. */
export type StateRunner = (state: State, visit: Visit) => Promise<Outcome>;

const RUNNERS: Readonly<Record<State['Type'], StateRunner>> = {
  Task: perform,
  Pass: pass,
  Choice: choose,
  Wait: wait,
  Succeed: succeed,
  Fail: fail,
  Parallel: fork,
  Map: iterate,
};

/**
 * Runs a line of states to its end and answers with its output.
 * @throws StateError when a state failed and nothing caught it, Aborted when the branch's signal said so
 */
export async function runBranch(branch: Branch, input: Json): Promise<Json> {
  let name: string | undefined = branch.graph.StartAt;
  let value = input;
  while (name !== undefined) {
    const state: State = branch.graph.States[name]!;
    const outcome: Outcome = await runState(name, state, branch, value);
    value = outcome.output;
    name = outcome.next;
  }
  return value;
}

async function runState(name: string, state: State, branch: Branch, input: Json): Promise<Outcome> {
  if (branch.signal.aborted) throw new Aborted();
  const { history } = branch.setting;
  branch.current = { type: state.Type, name };
  const enteredEventId = history.add(`${state.Type}StateEntered`, branch.cursor, {
    name,
    input: JSON.stringify(input),
  });
  const visit: Visit = {
    branch,
    name,
    input,
    enteredEventId,
    enteredTime: isoTime(branch.setting.clock),
    retryCount: 0,
  };
  const outcome = await withRetryAndCatch(state, visit);
  branch.current = undefined;
  if (state.Type !== 'Fail') {
    history.add(`${state.Type}StateExited`, branch.cursor, {
      name,
      output: JSON.stringify(outcome.output),
      ...assignedDetails(outcome.assigned),
    });
  }
  return outcome;
}

function assignedDetails(assigned: JsonObject | undefined): JsonObject {
  if (!assigned) return {};
  const texts = Object.entries(assigned).map(([key, value]) => [key, JSON.stringify(value)]);
  return { assignedVariables: Object.fromEntries(texts) };
}

async function withRetryAndCatch(state: State, visit: Visit): Promise<Outcome> {
  const attempts = new Map<number, number>();
  for (;;) {
    try {
      return await RUNNERS[state.Type](state, visit);
    } catch (thrown) {
      const error = asStateError(thrown);
      recordEvaluationFailure(visit, error);
      const delay = retryDelay(state.Retry, error, attempts, visit.branch.setting.random);
      if (delay === undefined) return await caught(state, visit, error);
      visit.retryCount += 1;
      await sleep(delay * 1000, visit.branch);
    }
  }
}

/** Only errors of the language reach Retry and Catch: a fault of the interpreter itself does not. */
function asStateError(thrown: unknown): StateError {
  if (thrown instanceof StateError) return thrown;
  throw thrown;
}

function recordEvaluationFailure(visit: Visit, error: StateError): void {
  if (error.error !== 'States.QueryEvaluationError' || error.location === undefined) return;
  const { history } = visit.branch.setting;
  history.add('EvaluationFailed', visit.branch.cursor, {
    error: error.error,
    cause: error.cause ?? '',
    ...(error.location ? { location: error.location } : {}),
    state: visit.name,
  });
}

async function caught(state: State, visit: Visit, error: StateError): Promise<Outcome> {
  if (state.Type === 'Map' || state.Type === 'Parallel') {
    visit.branch.setting.history.add(`${state.Type}StateFailed`, visit.branch.cursor, {
      ...(error.error === undefined ? {} : { error: error.error }),
      ...(error.cause === undefined ? {} : { cause: error.cause }),
    });
  }
  const catcher = state.Catch?.find(({ ErrorEquals }) => matchesError(ErrorEquals, error));
  if (!catcher) throw error;
  const errorOutput = {
    Error: error.error ?? null,
    Cause: error.cause ?? (error.error === undefined ? null : ''),
  };
  const left = await leave(visit, catcher, errorOutput, { errorOutput });
  return { ...left, next: catcher.Next };
}
