import { runBranch, type StateRunner } from '../branch.ts';
import { Aborted } from '../errors.ts';
import { evaluate } from '../expression.ts';
import { type Branch, leave, scopeOf } from '../frame.ts';
import type { Json } from '../json.ts';

export const fork: StateRunner = async (state, visit) => {
  const { setting, cursor, variables, signal, mapItem } = visit.branch;
  const input =
    state.Arguments === undefined
      ? visit.input
      : await evaluate(state.Arguments, 'Arguments', scopeOf(visit));
  const started = setting.history.add('ParallelStateStarted', cursor);
  const siblings = new AbortController();
  const branches: Branch[] = state.Branches!.map((graph) => ({
    setting,
    graph,
    cursor: { last: started },
    signal: AbortSignal.any([signal, siblings.signal]),
    variables: Object.create(variables),
    ...(mapItem ? { mapItem } : {}),
  }));
  const results: Json[] = [];
  let failure: unknown;
  await Promise.all(
    branches.map(async (branch, i) => {
      try {
        results[i] = await runBranch(branch, input);
      } catch (error) {
        if (failure === undefined && !signal.aborted) {
          failure = error;
          recordAborts(branches, cursor);
          siblings.abort();
        }
      }
    }),
  );
  if (signal.aborted) throw new Aborted();
  if (failure !== undefined) throw failure;
  setting.history.add('ParallelStateSucceeded', cursor);
  return { ...(await leave(visit, state, results, { result: results })), next: state.Next };
};

/** A branch that ends early leaves an event for the task it was in, the failed task included. */
function recordAborts(branches: readonly Branch[], cursor: Branch['cursor']): void {
  for (const branch of branches) {
    if (branch.current && branch.current.type !== 'Fail') {
      branch.setting.history.add(`${branch.current.type}StateAborted`, branch.cursor);
    }
    cursor.last = branch.cursor.last;
  }
}
