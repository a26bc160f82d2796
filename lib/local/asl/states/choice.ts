import type { StateRunner } from '../branch.ts';
import { StateError } from '../errors.ts';
import { evaluateAs } from '../expression.ts';
import { leave, scopeOf } from '../frame.ts';

export const choose: StateRunner = async (state, visit) => {
  for (const [i, rule] of state.Choices!.entries()) {
    const holds = await evaluateAs<boolean>(
      'boolean',
      rule.Condition,
      `Choices[${i}]/Condition`,
      scopeOf(visit),
    );
    // A rule's Output replaces that of the state; Assign is the rule's alone.
    if (holds) {
      return { ...(await leave(visit, { Output: state.Output, ...rule }, visit.input)), next: rule.Next };
    }
  }
  if (state.Default === undefined) {
    throw new StateError(
      'States.NoChoiceMatched',
      `No choice rule of '${visit.name}' matched and it has no Default.`,
    );
  }
  return { ...(await leave(visit, state, visit.input)), next: state.Default };
};
