import { runBranch, type StateRunner } from '../branch.ts';
import type { State } from '../definition.ts';
import { Aborted, StateError } from '../errors.ts';
import { evaluate, evaluateAs, queryFailure } from '../expression.ts';
import { type Branch, leave, scopeOf, type Visit } from '../frame.ts';
import type { Json } from '../json.ts';

/** Iterations of an inline Map that run side by side at most. https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html */
const MOST_CONCURRENT = 40;

export const iterate: StateRunner = async (state, visit) => {
  const { setting, cursor, signal } = visit.branch;
  const { history } = setting;
  const items = await itemsOf(state, visit);
  const limit = await concurrencyOf(state, visit);
  const tolerance = await toleranceOf(state, visit);
  const started = history.add('MapStateStarted', cursor, { length: items.length });
  const siblings = new AbortController();
  const running = new Map<number, Branch>();
  const results: Json[] = new Array(items.length);
  let next = 0;
  let failure: unknown;

  const fail = (error: unknown, failedIndex: number) => {
    failure = error;
    history.add('MapIterationFailed', running.get(failedIndex)!.cursor, {
      name: visit.name,
      index: failedIndex,
    });
    const failed = running.get(failedIndex)!;
    running.delete(failedIndex);
    for (const [index, branch] of running) {
      if (branch.current) history.add(`${branch.current.type}StateAborted`, branch.cursor);
      history.add('MapIterationAborted', branch.cursor, { name: visit.name, index });
    }
    // Seen on AWS only where other iterations were aborted too.
    if (running.size > 0 && failed.current) history.add(`${failed.current.type}StateAborted`, failed.cursor);
    cursor.last = failed.cursor.last;
    siblings.abort();
  };

  const worker = async () => {
    while (next < items.length && failure === undefined) {
      const index = next;
      next += 1;
      const branch = startIteration(
        state,
        visit,
        { Index: index, Value: items[index]! },
        started,
        siblings.signal,
      );
      running.set(index, branch);
      try {
        const selected =
          state.ItemSelector === undefined
            ? items[index]!
            : await evaluate(
                state.ItemSelector,
                'ItemSelector',
                scopeOf(visit, { mapItem: branch.mapItem! }),
              );
        results[index] = await runBranch(branch, selected);
        history.add('MapIterationSucceeded', branch.cursor, { name: visit.name, index });
        cursor.last = branch.cursor.last;
        running.delete(index);
      } catch (error) {
        if (failure === undefined && !signal.aborted)
          fail(tolerance > 0 ? undecided(visit.name) : error, index);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, Math.max(items.length, 1)) }, worker));
  if (signal.aborted) throw new Aborted();
  if (failure !== undefined) throw failure;
  history.add('MapStateSucceeded', cursor);
  return { ...(await leave(visit, state, results, { result: results })), next: state.Next };
};

function startIteration(
  state: State,
  visit: Visit,
  mapItem: { Index: number; Value: Json },
  started: number,
  siblings: AbortSignal,
): Branch {
  const { setting, variables, signal } = visit.branch;
  const branch: Branch = {
    setting,
    graph: state.ItemProcessor!,
    cursor: { last: started },
    signal: AbortSignal.any([signal, siblings]),
    variables: Object.create(variables),
    mapItem,
  };
  setting.history.add('MapIterationStarted', branch.cursor, { name: visit.name, index: mapItem.Index });
  return branch;
}

async function itemsOf(state: State, visit: Visit): Promise<Json[]> {
  const scope = scopeOf(visit);
  if (state.Items !== undefined) return await evaluateAs<Json[]>('array', state.Items, 'Items', scope);
  if (Array.isArray(visit.input)) return visit.input;
  throw queryFailure(scope, '', `Map state input must be an array but was: ${JSON.stringify(visit.input)}`);
}

async function concurrencyOf(state: State, visit: Visit): Promise<number> {
  const asked = await evaluateAs<number>(
    'number',
    state.MaxConcurrency ?? 0,
    'MaxConcurrency',
    scopeOf(visit),
  );
  return asked === 0 ? MOST_CONCURRENT : Math.min(asked, MOST_CONCURRENT);
}

/** AWS accepts these fields in an inline Map; the greater of the two. */
async function toleranceOf(state: State, visit: Visit): Promise<number> {
  const scope = scopeOf(visit);
  const { ToleratedFailureCount = 0, ToleratedFailurePercentage = 0 } = state;
  const count = await evaluateAs<number>('number', ToleratedFailureCount, 'ToleratedFailureCount', scope);
  const share = await evaluateAs<number>(
    'number',
    ToleratedFailurePercentage,
    'ToleratedFailurePercentage',
    scope,
  );
  return Math.max(count, share);
}

/** No recording shows what an inline Map does with a tolerated failure: the engine does not guess. */
function undecided(name: string): StateError {
  return new StateError(
    'States.Runtime',
    `An iteration of the inline Map '${name}' failed: the embedded engine does not know what AWS does with ToleratedFailureCount or ToleratedFailurePercentage there.`,
  );
}
