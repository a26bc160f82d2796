import type { StateRunner } from '../branch.ts';
import { StateError } from '../errors.ts';
import { evaluateAs } from '../expression.ts';
import { scopeOf } from '../frame.ts';

export const fail: StateRunner = async (state, visit) => {
  const scope = scopeOf(visit);
  const error =
    state.Error === undefined ? undefined : await evaluateAs<string>('string', state.Error, 'Error', scope);
  const cause =
    state.Cause === undefined ? undefined : await evaluateAs<string>('string', state.Cause, 'Cause', scope);
  throw new StateError(error, cause);
};
